import type { Arena } from '#base/arena';
import type { EspSuite } from './esp-suites.ts';

/** SPI and sequence number, in front of every ESP packet; RFC 4303 section 2. */
export const ESP_HEADER_OCTETS = 8;

/**
 * Stands for the upper half of a sequence number where extended ones were not negotiated; with them,
 * the upper half takes part in the integrity check without being sent. RFC 4303 section 2.2.1.
 */
export const NOT_EXTENDED = -1;

/** The keys of all SAs that one suite protects in one direction. */
type EspKeys = {
  /**
   * Takes the keys of an SA over, in the octets and the order that the suite says. Answers with what
   * stands for them in the other calls: a small number, 0 or more.
   */
  hold(keyMaterial: Uint8Array): number;
  /** Forgets the keys; their number may become another SA's. */
  forget(keys: number): void;
};

/** Protects the packets of outbound SAs of one suite. One writer. */
export type EspSealer = EspKeys & {
  /**
   * By these keys, makes the rest of the ESP packet at `packet` in `target`, where SPI and sequence number are
   * written already: IV, ciphertext of `octets` octets from `from` in `source`, ICV. `octets` counts
   * payload, padding and trailer and is a multiple of the suite's alignment. Up to 64 octets behind
   * the packet may be overwritten.
   */
  seal(
    keys: number,
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    packet: number,
    sequenceHigh: number,
  ): void;
};

/** Checks and opens the packets of inbound SAs of one suite. One writer. */
export type EspOpener = EspKeys & {
  /**
   * By these keys, checks the ICV of the ESP packet of `octets` octets at `packet` in `source` and, when it is right,
   * decrypts into `target` from `to` on. Whether it was right; otherwise the octets there are garbage.
   * `octets` leaves room for IV, at least one aligned block and ICV.
   */
  open(
    keys: number,
    source: Arena,
    packet: number,
    octets: number,
    target: Arena,
    to: number,
    sequenceHigh: number,
  ): boolean;
};

/** The sealers and openers of one worker, one of each for a suite. */
export type EspCiphers = {
  sealer(suite: EspSuite): EspSealer;
  opener(suite: EspSuite): EspOpener;
};

/** Octets that a suite adds around payload, padding and trailer: header, IV and ICV. */
export const espFrameOctets = (suite: EspSuite): number =>
  ESP_HEADER_OCTETS + suite.ivOctets + suite.icvOctets;
