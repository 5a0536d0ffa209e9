import type { Arena } from '#base/arena';
import type { EspSuite } from './esp-suites.ts';

/** SPI and sequence number, in front of every ESP packet; RFC 4303 section 2. */
export const ESP_HEADER_OCTETS = 8;

/**
 * Stands for the upper half of a sequence number where extended ones were not negotiated; with them,
 * the upper half takes part in the integrity check without being sent. RFC 4303 section 2.2.1.
 */
export const NOT_EXTENDED = -1;

/** Protects the packets of one outbound SA; its keys are set once. One writer. */
export type EspSealer = {
  /**
   * Makes the rest of the ESP packet at `packet` in `target`, where SPI and sequence number are
   * written already: IV, ciphertext of `octets` octets from `from` in `source`, ICV. `octets` counts
   * payload, padding and trailer and is a multiple of the suite's alignment. Up to 64 octets behind
   * the packet may be overwritten.
   */
  seal(
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    packet: number,
    sequenceHigh: number,
  ): void;
  /** Forgets the keys; the sealer must not be used again. */
  close(): void;
};

/** Checks and opens the packets of one inbound SA; its keys are set once. One writer. */
export type EspOpener = {
  /**
   * Checks the ICV of the ESP packet of `octets` octets at `packet` in `source` and, when it is right,
   * decrypts into `target` from `to` on. Whether it was right; otherwise the octets there are garbage.
   * `octets` leaves room for IV, at least one aligned block and ICV.
   */
  open(
    source: Arena,
    packet: number,
    octets: number,
    target: Arena,
    to: number,
    sequenceHigh: number,
  ): boolean;
  close(): void;
};

/** Makes sealers and openers; `keyMaterial` has the octets and the order that the suite says. */
export type EspCiphers = {
  sealer(suite: EspSuite, keyMaterial: Uint8Array): EspSealer;
  opener(suite: EspSuite, keyMaterial: Uint8Array): EspOpener;
};

/** Octets that a suite adds around payload, padding and trailer: header, IV and ICV. */
export const espFrameOctets = (suite: EspSuite): number =>
  ESP_HEADER_OCTETS + suite.ivOctets + suite.icvOctets;
