import { accessListRoom } from '#config/access-list';
import { grammarOf } from '#config/grammar';
import { keptRoom } from '#config/kept-commands';
import { systemRoom } from '#config/system-commands';
import { clusterRoom } from '#features/cluster/room';
import { managementRoom } from '#features/management/commands';
import { natRoom } from '#features/nat/commands';
import { remoteAccessRoom } from '#features/remote-access/commands';
import { ipsecRoom } from '#ipsec/commands';
import { sessionRoom } from '#session/commands';

/** The configuration language of headend: what every room adds to it. */
export const grammar = grammarOf([
  systemRoom,
  accessListRoom,
  sessionRoom,
  ipsecRoom,
  remoteAccessRoom,
  clusterRoom,
  natRoom,
  managementRoom,
  keptRoom,
]);
