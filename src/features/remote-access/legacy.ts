import { DH_GROUPS } from '#crypto/dh-groups';
import { ESP_SUITES } from '#crypto/esp-suites';
import { HASHES } from '#crypto/hashes';
import { ISAKMP_CIPHERS } from '#crypto/isakmp-ciphers';
import type { ChildSummary, IsakmpSaSummary } from '#ipsec/keying';

/** The old algorithms among `labels`: what the `legacy-crypto` badge of a session names. */
function legacyLabels(labels: readonly string[]): string[] {
  const tables = [HASHES, ISAKMP_CIPHERS, DH_GROUPS];
  return labels.filter((label) =>
    tables.some((table) =>
      Object.values<{ label: string; legacy: boolean }>(table).some(
        (row) => row.legacy && row.label === label,
      ),
    ),
  );
}

/** The old algorithms of phase 1; a group key in aggressive mode is one, since it can be guessed offline. */
export const legacyOfIsakmpSa = (sa: IsakmpSaSummary): string[] => [
  ...legacyLabels([sa.encryption, sa.hash, sa.dhGroup]),
  'aggressive mode',
];

/** The old algorithms of an IPsec SA. */
export function legacyOfChild(child: ChildSummary): string[] {
  const suite = ESP_SUITES[child.suite];
  return legacyLabels([suite.encryptionLabel, suite.integrityLabel]);
}

/** The old algorithms of a session, each once. */
export const legacyOf = (sa: IsakmpSaSummary): string[] => [
  ...new Set([...legacyOfIsakmpSa(sa), ...sa.children.flatMap(legacyOfChild)]),
];
