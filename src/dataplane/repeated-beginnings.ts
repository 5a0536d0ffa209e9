import type { EndpointWords } from './endpoint-words.ts';
import { readInt32 } from './octets.ts';

/** Beginnings remembered, a power of two: some seconds of a flood of 100,000 a second. */
const SLOTS = 1 << 20;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Where the cookies are in an ISAKMP message; RFC 2408 section 3.1. */
const INITIATOR_COOKIE = 0;
const RESPONDER_COOKIE = 8;
const COOKIES_END = 16;

/**
 * Tells messages that begin a negotiation, and whether somebody sent this one before. A client repeats
 * its first message until it is answered, and a flood of invented ones does not, so that under a flood
 * the repetition can be the first one that costs anything. Beginnings share slots by a hash, and the
 * newer one has it: whoever is forgotten by that is remembered again with the next repetition.
 */
export class RepeatedBeginnings {
  #seen: Uint32Array | undefined;

  /** What an ISAKMP message is; undefined when it has a responder cookie and so begins nothing. */
  see(remote: EndpointWords, message: Uint8Array): 'first' | 'again' | undefined {
    if (message.length < COOKIES_END) return undefined;
    if ((readInt32(message, RESPONDER_COOKIE) | readInt32(message, RESPONDER_COOKIE + 4)) !== 0)
      return undefined;
    this.#seen ??= new Uint32Array(SLOTS);
    const hash = hashOf(remote, message);
    const slot = hash & (SLOTS - 1);
    const isRepeated = this.#seen[slot] === hash;
    this.#seen[slot] = hash;
    return isRepeated ? 'again' : 'first';
  }
}

/** Of source and initiator cookie; never 0, which is an empty slot. */
function hashOf({ a, b, c, d, port }: EndpointWords, message: Uint8Array): number {
  const cookieHigh = readInt32(message, INITIATOR_COOKIE);
  const cookieLow = readInt32(message, INITIATOR_COOKIE + 4);
  let hash = FNV_OFFSET;
  for (const word of [a, b, c, d, port, cookieHigh, cookieLow]) {
    hash = Math.imul(hash ^ word, FNV_PRIME);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0 || 1;
}
