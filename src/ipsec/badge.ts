import { DH_GROUPS, dhGroupOfNumber } from '#crypto/dh-groups';
import { ESP_SUITES } from '#crypto/esp-suites';
import { HASHES } from '#crypto/hashes';
import { ISAKMP_CIPHERS } from '#crypto/isakmp-ciphers';
import type { ChildSummary, IsakmpSaSummary } from './keying.ts';

const legacyLabels = (
  table: Readonly<Record<string, { readonly label: string; readonly legacy: boolean }>>,
): ReadonlySet<string> =>
  new Set(Object.values(table).flatMap(({ legacy, label }) => (legacy ? [label] : [])));

const LEGACY_CIPHERS = legacyLabels(ISAKMP_CIPHERS);
const LEGACY_HASHES = legacyLabels(HASHES);

/**
 * The old algorithms of phase 1, as the `legacy-crypto` badge names them. A group key in aggressive
 * mode is one of them, since it can be guessed offline.
 */
export function legacyOfIsakmpSa(sa: IsakmpSaSummary): string[] {
  const group = dhGroupOfNumber(Number(sa.dhGroup));
  return [
    ...(LEGACY_CIPHERS.has(sa.encryption) ? [sa.encryption] : []),
    ...(LEGACY_HASHES.has(sa.hash) ? [sa.hash] : []),
    ...(group?.legacy ? [`DH group ${group.number}`] : []),
    ...(sa.state.startsWith('AM_') ? ['aggressive mode'] : []),
  ];
}

/** The old algorithms of a pair of IPsec SAs. */
export function legacyOfChild(child: ChildSummary): string[] {
  const { words, legacyWords, algorithm, encryptionLabel, integrityLabel } =
    ESP_SUITES[child.suite];
  const [cipher, integrity] = words.map((word) => legacyWords.includes(word));
  const group = child.pfs === undefined ? undefined : DH_GROUPS[child.pfs];
  return [
    ...(cipher ? [algorithm === undefined ? 'no encryption' : encryptionLabel] : []),
    ...(integrity ? [integrityLabel] : []),
    ...(group?.legacy ? [`DH group ${group.number}`] : []),
  ];
}

/** The old algorithms of a session, each once. */
export const legacyOf = (sa: IsakmpSaSummary): string[] => [
  ...new Set([...legacyOfIsakmpSa(sa), ...sa.children.flatMap(legacyOfChild)]),
];
