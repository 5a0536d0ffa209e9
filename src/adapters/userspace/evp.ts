import type { EspCiphers } from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';
import type { HashName } from '#crypto/hashes';
import { CbcHmac } from './evp-cbc-hmac.ts';
import { CombinedMode } from './evp-combined-mode.ts';
import { Workshop } from './evp-workshop.ts';
import type { Sys } from './sys.ts';

/**
 * ESP transforms through OpenSSL's EVP interface, called in the node binary itself, so that a packet costs
 * five calls and no allocation. Contexts belong to the suite and are lent to SAs; an SA has a row of keys
 * and nothing else. Works on arenas of `Sys` only.
 */
export function evpCiphers(sys: Sys): EspCiphers {
  const shop = new Workshop(sys);
  return { sealer: bySuite(shop, true), opener: bySuite(shop, false) };
}

/** Makes the transform of each suite when it is needed first. */
function bySuite(shop: Workshop, seals: boolean) {
  const made = new Map<EspSuite, CombinedMode | CbcHmac>();
  return (suite: EspSuite): CombinedMode | CbcHmac => {
    const before = made.get(suite);
    if (before) return before;
    const { algorithm, integrityHash } = suite;
    const transform =
      algorithm !== undefined && integrityHash === undefined
        ? new CombinedMode(shop, suite, algorithm, seals)
        : new CbcHmac(shop, suite, integrityHash as HashName, seals);
    made.set(suite, transform);
    return transform;
  };
}
