import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type { Established } from './state.ts';

/** What has to be known of vpnc in particular. */

/** All that vpnc says of itself in its first message; it has no name of its own there. */
const SAID_BY_VPNC: ReadonlySet<VendorIdName> = new Set([
  'xauth',
  'unity',
  'dpd',
  'natTraversal',
  'natTraversalDraft03',
  'natTraversalDraft02n',
  'natTraversalDraft02',
  'natTraversalDraft01',
  'natTraversalDraft00',
  'vpnc',
]);

/**
 * Whether a peer may be vpnc: it begins aggressive mode as a client of Cisco, and says nothing that vpnc
 * does not say. The VPN Client, strongSwan and racoon say more, or do not name Unity.
 */
export const mayBeVpnc = ({
  role,
  exchange,
  extensions: { vendorIds },
}: Pick<Established, 'role' | 'exchange' | 'extensions'>): boolean =>
  role === 'responder' &&
  exchange === 'aggressive' &&
  vendorIds.includes('unity') &&
  vendorIds.every((name) => SAID_BY_VPNC.has(name));
