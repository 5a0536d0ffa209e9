import type { VendorIdName } from '#wire/isakmp/vendor-ids';

/** What a client says it is, as far as it has said so when a member has to be chosen for it. */
export type ClientIdentity =
  | {
      readonly kind: 'ipsec';
      /** Of the first message. A redirect leaves before anything else is said (LB-06). */
      readonly vendorIds: readonly VendorIdName[];
      /** The application version of Mode Config, for a client that is served here. */
      readonly application?: string | undefined;
    }
  /** AnyConnect and its like; `application` is what the client calls itself in HTTP. */
  | { readonly kind: 'sslTunnel'; readonly application: string }
  | { readonly kind: 'clientless' };

/** Whether a client can be sent to another member, and what it is taken for or why not. */
export type Eligibility =
  | { readonly eligible: true; readonly as: string }
  | { readonly eligible: false; readonly reason: string };

/** A product by what it calls itself, with the first release that takes part; GEN-46. */
type Product = {
  readonly name: string;
  /** What its text has; the release is the first group, where releases count. */
  readonly pattern: RegExp;
  readonly since?: readonly [major: number, minor: number];
  /** Why it takes no part, in any release. */
  readonly never?: string;
};

/** In this order, since some texts contain the name of another product. */
const PRODUCTS: readonly Product[] = [
  { name: 'AnyConnect', pattern: /AnyConnect\D*(\d+\.\d+)/i, since: [2, 0] },
  // vpnc counts its own releases, and follows redirects.
  { name: 'vpnc', pattern: /^Cisco Systems VPN Client 0\.\d/i },
  { name: 'the VPN 3002', pattern: /VPN ?3002(?!\d)\D*(\d+\.\d+)/i, since: [3, 5] },
  { name: 'the VPN Client', pattern: /VPN Client\D*(\d+\.\d+)/i, since: [3, 0] },
  { name: 'the ASA 5505', pattern: /ASA[- ]?5505/i },
  { name: 'the PIX 501', pattern: /PIX[- ]?501(?!\d)/i },
  { name: 'the PIX 506E', pattern: /PIX[- ]?506E/i },
  { name: 'another PIX', pattern: /\bPIX\b/i, never: 'only a PIX 501 or 506E takes part' },
  { name: 'IOS on an 831 or 871', pattern: /\bIOS\b.*\bC?8[37]1\b/i },
  { name: 'another IOS', pattern: /\bIOS\b/i, never: 'only IOS on an 831 or 871 takes part' },
];

/** Judges the text of a client; undefined for a product that nobody listed. */
function ofApplication(text: string): Eligibility | undefined {
  for (const { name, pattern, since, never } of PRODUCTS) {
    const match = pattern.exec(text);
    if (!match) continue;
    if (never !== undefined) return { eligible: false, reason: never };
    if (!since) return { eligible: true, as: name };
    const release = (match[1] ?? '').split('.').map(Number);
    const [major = 0, minor = 0] = release;
    const isEnough = major > since[0] || (major === since[0] && minor >= since[1]);
    return isEnough
      ? { eligible: true, as: `${name} ${match[1]}` }
      : { eligible: false, reason: `${name} ${match[1]} is older than ${since.join('.')}` };
  }
  return undefined;
}

/** Who has no Unity vendor ID, by those that it has. */
const OTHERS: readonly (readonly [VendorIdName, string])[] = [
  ['strongSwan', 'strongSwan without the Unity vendor ID ("cisco_unity")'],
  ['microsoft', 'a client of L2TP'],
  ['kame', 'racoon without the Unity vendor ID'],
];

/** Whether a client can be sent to another member, by what it says it is; GEN-46, LB-06, LB-14. */
export function eligibilityOf(identity: ClientIdentity): Eligibility {
  if (identity.kind === 'clientless') return { eligible: true, as: 'a browser' };
  const known =
    identity.application === undefined ? undefined : ofApplication(identity.application);
  if (known) return known;
  if (identity.kind === 'sslTunnel') return { eligible: false, reason: 'an unknown TLS client' };
  if (identity.vendorIds.includes('unity'))
    return { eligible: true, as: 'a client with the Unity vendor ID' };
  const other = OTHERS.find(([name]) => identity.vendorIds.includes(name));
  return { eligible: false, reason: other?.[1] ?? 'it has no Unity vendor ID' };
}
