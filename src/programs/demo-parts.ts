import { randomBytes } from 'node:crypto';
import type { SlowWork } from '#adapters/device-runner';
import { bindBehind, type LoopbackPat, startLoopbackPat } from '#adapters/loopback-pat';
import type { IpAddress } from '#base/address';
import { profileDefaults } from '#features/client/profile';
import { type ClientProcess, startClient } from './client-process.ts';
import { type Consoles, openConsoles } from './consoles.ts';
import { type DemoSecrets, demoAddresses } from './demo-network.ts';
import type { IkePorts } from './listening.ts';
import { CONSOLE_SOCKET } from './places.ts';
import { UsageError } from './program.ts';

/** What the demos have alike: passwords of the moment, a PAT, and clients behind it. */

export const newSecret = (): string => randomBytes(9).toString('base64url');

export const newSecrets = (clients = demoAddresses.clients): DemoSecrets => ({
  group: newSecret(),
  administrator: newSecret(),
  users: clients.map((_, i) => ({
    name: `vpnclient${i + 1}`,
    password: newSecret(),
  })),
});

/** Starts the translator between the clients and the head-ends at `outside`. */
export async function startDemoPat(
  ports: IkePorts,
  outside: readonly IpAddress[],
): Promise<LoopbackPat> {
  const { patInside, patGlobal } = demoAddresses;
  const pat = await startLoopbackPat({
    inside: patInside,
    global: patGlobal,
    destinations: outside.flatMap((address) =>
      [ports.isakmp, ports.natTraversal].map((port) => ({ address, port })),
    ),
  });
  if (!pat.ok) throw new UsageError(pat.error);
  return pat.value;
}

/** Starts the clients, which connect to `host` when they are told to. */
export async function startDemoClients(parts: {
  readonly secrets: DemoSecrets;
  readonly ports: IkePorts;
  readonly pat: LoopbackPat;
  readonly work: SlowWork;
  readonly host: IpAddress;
  /** Their addresses behind the PAT; three if absent. */
  readonly clients?: readonly IpAddress[];
  /** How soon a client gives up a head-end that is silent; as profiles have it if absent. */
  readonly peerTimeoutSeconds?: number;
}): Promise<ClientProcess[]> {
  const { secrets, ports, pat, work, host, peerTimeoutSeconds } = parts;
  const clients: ClientProcess[] = [];
  for (const [i, local] of (parts.clients ?? demoAddresses.clients).entries()) {
    const user = secrets.users[i];
    const started = await startClient({
      profile: {
        ...profileDefaults,
        ...(peerTimeoutSeconds !== undefined && { peerTimeoutSeconds }),
        host,
        groupName: 'ciscovpn',
        groupPassword: secrets.group,
        username: user?.name,
        userPassword: user?.password,
      },
      work,
      ports,
      local,
      bind: bindBehind(pat),
      reconnectAfterMs: 5000,
    });
    if (!started.ok) throw new UsageError(started.error);
    clients.push(started.value);
  }
  return clients;
}

/** What opening the consoles takes beside the socket. */
type DemoConsoleParts =
  Parameters<typeof openConsoles> extends [unknown, ...infer Rest] ? Rest : never;

/**
 * Opens the socket that was named, or else the usual one where that is possible, so that
 * `headend console` finds the demo.
 */
export async function openDemoConsoles(
  named: string | undefined,
  ...parts: DemoConsoleParts
): Promise<Consoles> {
  if (named !== undefined) return openConsoles(named, ...parts);
  try {
    const consoles = await openConsoles(CONSOLE_SOCKET, ...parts);
    consoles.print('"headend console" joins in from another terminal.');
    return consoles;
  } catch {
    return openConsoles(undefined, ...parts);
  }
}
