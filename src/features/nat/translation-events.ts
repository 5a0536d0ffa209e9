import { type Endpoint, formatEndpoint, ipv4FromNumber } from '#base/address';
import { type EventRecord, occurred } from '#events/event';
import type { Xlate } from './connection.ts';
import { translationBuilt, translationEnded } from './events.ts';

/** What stands on the inside for a translation. */
export const localEndpoint = (xlate: Xlate): Endpoint => ({
  address: ipv4FromNumber(xlate.localAddress),
  port: xlate.localPort,
});

/** What the other side sees of a translation. */
export const globalEndpoint = (xlate: Xlate): Endpoint => ({
  address: ipv4FromNumber(xlate.globalAddress),
  port: xlate.globalPort,
});

const argsOf = (xlate: Xlate) => ({
  protocol: xlate.protocol.toUpperCase(),
  local: formatEndpoint(localEndpoint(xlate)),
  global: formatEndpoint(globalEndpoint(xlate)),
});

/** That a translation was made, between two interfaces given by name. */
export const builtEvent = (xlate: Xlate, inside: string, outside: string): EventRecord =>
  occurred(
    translationBuilt,
    { ...argsOf(xlate), inside, outside },
    { peer: ipv4FromNumber(xlate.localAddress) },
  );

/** That a translation ended. */
export const endedEvent = (xlate: Xlate): EventRecord =>
  occurred(translationEnded, argsOf(xlate), { peer: ipv4FromNumber(xlate.localAddress) });
