import type { IpAddress } from '#base/address';
import type { ClientProcess } from './client-process.ts';

const TRAFFIC_MS = 1000;

/** The time of day, to the millisecond, for a line of the story. */
export const timeOfDay = (): string => new Date().toISOString().slice(11, 23);

/** What the story needs to know, and where it is told. */
export type Telling = {
  /** Whom the first ping through the tunnel is for. */
  readonly target: IpAddress;
  /** The old algorithms that a user's session uses, which every view shows as a badge. */
  readonly legacyOf: (user: string) => readonly string[];
  readonly print: (text: string) => void;
};

/**
 * Says in the first terminal what happens to a client, with its first ping through the tunnel.
 * `pinged` is called whenever such a ping was answered.
 */
function tellStory(
  client: ClientProcess,
  { target, legacyOf, print }: Telling,
  pinged: () => void,
): void {
  const say = (text: string) =>
    print(`${timeOfDay()}  ${client.device.status().user ?? 'client'}  ${text}`);
  let before = '';
  client.changed = () => {
    const status = client.device.status();
    if (status.state === before) return;
    before = status.state;
    if (status.state === 'connecting') say(`logs in at ${status.server}`);
    if (status.state === 'ended') say(`is not connected: ${status.reason}`);
    if (status.state !== 'connected') return;
    const legacy = legacyOf(status.user ?? '').join(', ');
    const badge = legacy === '' ? '' : `  [legacy: ${legacy}]`;
    say(`is connected: address ${status.address}, tunnel in UDP port ${status.tunnelPort}${badge}`);
    const sentAt = performance.now();
    client.ping(target, () => {
      const tookMs = (performance.now() - sentAt).toFixed(1);
      say(`pinged ${target} through the tunnel: answered after ${tookMs} ms`);
      pinged();
    });
  };
}

/** A client that is not there by then does not hold up the next one. */
const PATIENCE_MS = 15_000;

/** Connects the clients one after the other, so that the story of each can be read. */
export function connectInTurn(clients: readonly ClientProcess[], telling: Telling): void {
  const [client, ...others] = clients;
  if (!client) return;
  let isNext = true;
  const next = () => {
    if (isNext) connectInTurn(others, telling);
    isNext = false;
  };
  setTimeout(next, PATIENCE_MS).unref();
  tellStory(client, telling, next);
  client.connect();
}

/** Keeps some traffic flowing through every tunnel, so that there is something to watch. */
export function keepTraffic(clients: readonly ClientProcess[], target: IpAddress): NodeJS.Timeout {
  let second = 0;
  return setInterval(() => {
    second += 1;
    for (const [i, client] of clients.entries()) {
      // Each client has a rhythm of its own, between one and a dozen pings a second.
      const pings = 1 + Math.round(5.5 * (1 + Math.sin(second / (7 + 5 * i))));
      for (let n = 0; n < pings; n += 1) client.ping(target, () => {});
    }
  }, TRAFFIC_MS);
}
