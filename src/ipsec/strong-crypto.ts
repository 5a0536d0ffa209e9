import type { Configuration } from '#config/configuration';
import type { Finding } from '#config/room';
import { globalScope, setting } from '#config/setting';
import type { EspSuiteName } from '#crypto/esp-suites';
import { ipsecSlice } from './config.ts';
import { encryptionLine, policyLine } from './isakmp-commands.ts';
import { transformSetLine } from './transform-set-commands.ts';

/** What a device without the capability is left with: single DES, and no encryption at all; GEN-42. */

/** The capability of this device; without it nothing negotiates 3DES, AES or what came after them. */
export const strongCrypto = setting(globalScope(ipsecSlice))({
  path: ['platform strong-crypto'],
  words: {
    platform: 'The device this one stands for',
    'strong-crypto': 'Whether it may encrypt with 3DES and AES',
  },
  help: 'What the 3DES/AES licence of an ASA allows: without it single DES is left, and no cluster.',
  since: '003:391',
  get: (c) => c.strongCrypto,
  set: (c) => ({ ...c, strongCrypto: true }),
  unset: (c) => ({ ...c, strongCrypto: false }),
});

/** The command that gives the capability, for remedies. */
export const strongCryptoRemedy = '"platform strong-crypto" allows it';

const isStrongSuite = (suite: EspSuiteName): boolean => !/^(des-cbc|null)-/.test(suite);

const finding = (at: readonly string[]): Finding => ({
  severity: 'error',
  at,
  reason: 'this device may not encrypt with more than single DES',
  remedy: strongCryptoRemedy,
});

/** Every line that needs the capability where it is not there. */
export function strongCryptoFindings(configuration: Configuration): readonly Finding[] {
  const c = ipsecSlice.of(configuration);
  if (c.strongCrypto) return [];
  return [
    ...[...c.isakmpPolicies.values()]
      .filter(({ encryption }) => encryption !== 'des')
      .map((policy) => finding([policyLine(policy), encryptionLine(policy)])),
    ...[...c.transformSets.values()]
      .filter(({ suite }) => isStrongSuite(suite))
      .map((set) => finding([transformSetLine(set)])),
  ];
}
