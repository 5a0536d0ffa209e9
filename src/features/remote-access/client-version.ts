import { fromUtf8 } from '#base/bytes';
import type { ConfigurationAttribute } from '#ipsec/keying';
import { configurationAttributes } from '#wire/isakmp/numbers';

/** What a client says of itself in its Mode Config request (NAT-37). */
export type ClientVersion = {
  readonly type: string | undefined;
  readonly version: string | undefined;
  /** All of it, as far as it can be printed. */
  readonly text: string | undefined;
};

const longestText = 64;

/** Text of a stranger, safe to print: without control characters, and of bounded length. */
const printable = (octets: Uint8Array): string =>
  fromUtf8(octets.subarray(0, 4 * longestText))
    .replaceAll(/\p{C}/gu, '')
    .slice(0, longestText)
    .trim();

/**
 * Type and version from the APPLICATION_VERSION attribute: `Cisco Systems VPN Client 3.6.1 (Rel):WinNT`
 * is `WinNT` and `3.6.1 (Rel)`. A text of another form is the version as it stands.
 */
export function clientVersion(attributes: readonly ConfigurationAttribute[]): ClientVersion {
  const attribute = attributes.find((a) => a.type === configurationAttributes.applicationVersion);
  if (!(attribute?.value instanceof Uint8Array) || attribute.value.length === 0)
    return { type: undefined, version: undefined, text: undefined };
  const text = printable(attribute.value);
  const [, version, type] = /(\d\S*(?: \([^)]*\))?)\s*:\s*(\S+)$/.exec(text) ?? [];
  return { type, version: version ?? (text || undefined), text: text || undefined };
}
