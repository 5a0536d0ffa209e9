import { accessListRoom } from '#config/access-list';
import { type Grammar, grammarOf } from '#config/grammar';
import { keptRoom } from '#config/kept';
import { systemRoom } from '#config/system-commands';
import { managementRoom } from '#features/management/commands';
import { natRoom } from '#features/nat/commands';
import { remoteAccessRoom } from '#features/remote-access/commands';
import { ipsecRoom } from '#ipsec/commands';
import { sessionRoom } from '#session/commands';

/** The whole configuration language: what every room declares. */
export const language: Grammar = grammarOf([
  systemRoom,
  accessListRoom,
  sessionRoom,
  ipsecRoom,
  remoteAccessRoom,
  natRoom,
  managementRoom,
  keptRoom,
]);
