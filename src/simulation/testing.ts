/** Listings of cluster members, as tests of this room read them. */
import type { Configuration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';

/** What differs from member to member. */
export type Setup = {
  readonly host: number;
  readonly priority: number;
  readonly model?: string;
  readonly personality?: 'asa' | 'vpn3000';
  readonly sessions?: number;
  readonly port?: number;
  readonly timer?: string;
  /** More lines of the mode. */
  readonly lines?: readonly string[];
};

/** The listing of a member; its addresses end in `host`. */
export const memberListing = (setup: Setup): string =>
  [
    `hostname n${setup.host}`,
    ...(setup.model === undefined ? [] : [`platform model ${setup.model}`]),
    `load-balancing personality ${setup.personality ?? 'asa'}`,
    ...(setup.sessions === undefined ? [] : [`vpn-sessiondb max-session-limit ${setup.sessions}`]),
    'interface GigabitEthernet0/0',
    ' nameif outside',
    ` ip address 172.18.124.${setup.host} 255.255.255.0`,
    'interface GigabitEthernet0/1',
    ' nameif inside',
    ` ip address 10.32.1.${setup.host} 255.255.128.0`,
    // A VPN 3000 has a filter on its public interface, which has to be told of members.
    ...(setup.personality === 'vpn3000'
      ? ['filter Public', ' rule add "VCA In"', ' rule add "VCA Out"']
      : []),
    'vpn load-balancing',
    ` priority ${setup.priority}`,
    ' cluster ip address 172.18.124.254',
    ` cluster port ${setup.port ?? 9023}`,
    ...(setup.timer === undefined ? [] : [` cluster timer ${setup.timer}`]),
    ' cluster key only-for-tests',
    ...(setup.lines ?? []),
    ' participate',
  ].join('\n');

/** A listing that is known to be right. */
export function read(listing: string): Configuration {
  const { configuration, diagnostics } = parseListing(grammar, listing);
  const [wrong] = diagnostics.filter((d) => d.severity === 'error');
  if (wrong) throw new Error(`${wrong.text}: ${wrong.reason}`);
  return configuration;
}
