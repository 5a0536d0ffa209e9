import { AMPLIFICATION_MOST } from './constants.ts';

/**
 * Octets that went to and fro before the peer has shown that it receives at the address it sends from.
 * A stranger who writes somebody else's address into a message must not make us a multiplier.
 */
export type Exchanged = { readonly received: number; readonly sent: number };

/** Whether so many octets more may be sent; the first answer always may, or nobody could begin. */
export const maySend = ({ received, sent }: Exchanged, octets: number): boolean =>
  sent === 0 || sent + octets <= AMPLIFICATION_MOST * received;

export const alsoReceived = ({ received, sent }: Exchanged, octets: number): Exchanged => ({
  received: received + octets,
  sent,
});

export const alsoSent = ({ received, sent }: Exchanged, octets: number): Exchanged => ({
  received,
  sent: sent + octets,
});
