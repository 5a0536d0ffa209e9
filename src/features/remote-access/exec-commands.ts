import { cryptoCommands } from './show/crypto-commands.ts';
import { logOffCommands } from './show/log-off-commands.ts';
import { poolCommands } from './show/pool-commands.ts';
import { sessionCommands } from './show/session-commands.ts';

export type { RemoteAccessNeeds, RemoteAccessRequest } from './show/needs.ts';

/** The exec commands of remote access. */
export const remoteAccessCommands = [
  ...sessionCommands,
  ...cryptoCommands,
  ...poolCommands,
  ...logOffCommands,
] as const;
