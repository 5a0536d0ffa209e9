import type { Finding } from '#config/room';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { HASHES, type HashName } from '#crypto/hashes';
import { ISAKMP_CIPHERS, type IsakmpCipherName } from '#crypto/isakmp-ciphers';
import { type IpsecConfiguration, LEGACY_ITEMS, type LegacyItem } from './config.ts';

/** A line of the configuration, and what it needs from behind the fence. */
export type LegacyNeed = { readonly at: readonly string[]; readonly items: readonly LegacyItem[] };

const asItem = (text: string): readonly LegacyItem[] => {
  const item = LEGACY_ITEMS.find((known) => known === text);
  return item ? [item] : [];
};

export const legacyOfCipher = (name: IsakmpCipherName): readonly LegacyItem[] =>
  ISAKMP_CIPHERS[name].legacy ? asItem(`encryption ${ISAKMP_CIPHERS[name].word}`) : [];

export const legacyOfHash = (name: HashName): readonly LegacyItem[] =>
  HASHES[name].legacy ? asItem(`hash ${HASHES[name].word}`) : [];

export const legacyOfGroup = (name: DhGroupName): readonly LegacyItem[] =>
  DH_GROUPS[name].legacy ? asItem(`dh-group ${DH_GROUPS[name].number}`) : [];

/** The words of a transform set are those of phase 1 with `esp-` before and `-hmac` behind them. */
export const legacyOfSuite = (name: EspSuiteName): readonly LegacyItem[] =>
  ESP_SUITES[name].legacyWords.flatMap((word) =>
    word.endsWith('-hmac')
      ? asItem(`hash ${word.slice(4, -5)}`)
      : asItem(`encryption ${word.slice(4)}`),
  );

/** The one command that permits these items and nothing else. */
export const permitCommand = (items: Iterable<LegacyItem>): string => {
  const wanted = new Set(items);
  return `legacy-crypto permit ${LEGACY_ITEMS.filter((item) => wanted.has(item)).join(' ')}`;
};

/** An error for every line that needs what the fence keeps out, with the command that opens it. */
export function legacyFindings(
  { legacyPermitted }: IpsecConfiguration,
  needs: readonly LegacyNeed[],
): readonly Finding[] {
  return needs.flatMap(({ at, items }) => {
    const missing = items.filter((item) => !legacyPermitted.has(item));
    if (missing.length === 0) return [];
    const what = missing.join(' and ');
    return {
      severity: 'error' as const,
      at,
      reason: `${what} ${missing.length > 1 ? 'are' : 'is'} old and not permitted`,
      remedy: `"${permitCommand(missing)}" permits ${missing.length > 1 ? 'them' : 'it'}`,
    };
  });
}
