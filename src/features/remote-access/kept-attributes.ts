import { type KeptCommand, type KeptVerdict, warns } from '#config/kept';

const error = (reason: string, remedy: string): KeptVerdict => ({
  severity: 'error',
  reason,
  remedy,
});

/** A verdict on lines whose value is another than this. */
const unless =
  (harmless: RegExp, verdict: KeptVerdict): KeptCommand['judge'] =>
  (line) =>
    line.startsWith('no ') || harmless.test(line) ? undefined : verdict;

const warning = (reason: string): KeptVerdict => ({ severity: 'warning', reason });

/** Attributes that restrict what a client may reach, or who gets in, and that nothing here enforces. */
const RESTRICTIONS: readonly KeptCommand[] = ['vpn-filter', 'ipv6-vpn-filter'].map((words) => ({
  words,
  help: 'The access list that judges the traffic of a tunnel.',
  judge: unless(
    / none$/,
    error(
      'traffic of tunnels is not filtered here, so clients would reach more than on the other device',
      `filter the interface headend0 with nftables, and write "${words} none"`,
    ),
  ),
}));

const accessHours: KeptCommand = {
  words: 'vpn-access-hours',
  help: 'The times at which users may log in.',
  judge: unless(
    / none$/,
    error(
      'users may log in at every hour here, and may not on the other device',
      '"vpn-access-hours none" permits it',
    ),
  ),
};

/** Attributes of group policies. */
export const POLICY_KEPT: readonly KeptCommand[] = [
  ...RESTRICTIONS,
  accessHours,
  {
    words: 'client-firewall',
    help: 'The firewall that a client must have.',
    judge: unless(
      / none$/,
      error(
        'clients are not asked for a firewall here, and would get in without one',
        '"client-firewall none" lets them in',
      ),
    ),
  },
  {
    words: 'client-access-rule',
    help: 'The kinds of clients that may log in.',
    judge: unless(
      / none$/,
      error(
        'clients of every kind and version get in here, and do not on the other device',
        '"client-access-rule none" lets them in',
      ),
    ),
  },
  {
    words: 'vlan',
    help: 'The VLAN that traffic of the group goes to.',
    judge: unless(
      / none$/,
      error(
        'traffic of the group goes where Linux routes it, and not to a VLAN of its own',
        '"vlan none" permits it',
      ),
    ),
  },
  { words: 'ip-comp', help: 'Compression, which is not offered.' },
  {
    words: 're-xauth',
    help: 'Asks users again when phase 1 is negotiated anew.',
    judge: unless(
      / disable$/,
      warning('users are not asked again when phase 1 is negotiated anew'),
    ),
  },
  {
    words: 'secure-unit-authentication',
    help: 'Asks the user behind a hardware client.',
    judge: unless(/ disable$/, warning('who is behind a hardware client is not asked')),
  },
  {
    words: 'user-authentication',
    help: 'Asks everybody behind a hardware client.',
    judge: unless(/ disable$/, warning('who is behind a hardware client is not asked')),
  },
  { words: 'user-authentication-idle-timeout', help: 'Idle time behind a hardware client.' },
  { words: 'ip-phone-bypass', help: 'Telephones behind a hardware client.' },
  { words: 'leap-bypass', help: 'Wireless behind a hardware client.' },
  {
    words: 'nem',
    help: 'Networks behind a hardware client.',
    judge: unless(/ disable$/, warning('networks behind a hardware client are not reached')),
  },
  {
    words: 'backup-servers',
    help: 'Other head-ends for the client.',
    judge: unless(
      / (keep-client-config|clear-client-config)$/,
      warning('clients are not told of backup servers'),
    ),
  },
  { words: 'msie-proxy', help: 'Proxy of the browser of the client.' },
  {
    words: 'dhcp-network-scope',
    help: 'The network that a DHCP server gives addresses of.',
    judge: unless(/ none$/, warning('clients get addresses of pools only, and of no DHCP server')),
  },
  { words: 'intercept-dhcp', help: 'DHCP of the client within the tunnel.' },
  { words: 'ipv6-address-pools', help: 'Pools of IPv6, which is not carried.' },
  { words: 'ipv6-split-tunnel-policy', help: 'Split tunnelling of IPv6, which is not carried.' },
  { words: 'nac-settings', help: 'Admission control.' },
  { words: 'smartcard-removal-disconnect', help: 'Smart cards.' },
  { words: 'split-tunnel-all-dns', help: 'DNS of clients over TLS.' },
  { words: 'gateway-fqdn', help: 'Name for clients over TLS.' },
  { words: 'client-bypass-protocol', help: 'The other address family of clients over TLS.' },
  { words: 'scep-forwarding-url', help: 'Enrolment of certificates.' },
  { words: 'security-group-tag', help: 'Tags of the packet filter.' },
  { words: 'periodic-authentication', help: 'Certificates checked now and then.' },
  { words: 'vpn-idle-timeout alert-interval', help: 'Warning of clients over TLS.' },
  { words: 'vpn-session-timeout alert-interval', help: 'Warning of clients over TLS.' },
  { words: 'webvpn', help: 'Tunnels over TLS.' },
];

const noServer = warns('no accounting is sent to servers');

/** Attributes of tunnel groups beside their key. */
export const GENERAL_KEPT: readonly KeptCommand[] = [
  { words: 'accounting-server-group', help: 'Servers that are told of sessions.', judge: noServer },
  {
    words: 'authorization-server-group',
    help: 'Servers that are asked what a user may do.',
    judge: unless(/ LOCAL$/i, warning('no server is asked what a user may do')),
  },
  {
    words: 'authorization-required',
    help: 'Users must be known to an authorization server.',
    judge: unless(
      /^$/,
      error(
        'users need not be known to an authorization server here',
        'without this line that is accepted',
      ),
    ),
  },
  {
    words: 'secondary-authentication-server-group',
    help: 'A second password.',
    judge: unless(
      / none$/i,
      error('a second password is not asked for here', 'without this line one is enough'),
    ),
  },
  {
    words: 'strip-realm',
    help: 'The part of a user name behind the @ does not count.',
    judge: warns('user names are taken as they are typed, with what stands behind an @'),
  },
  {
    words: 'strip-group',
    help: 'A group within a user name does not count.',
    judge: warns('user names are taken as they are typed, with what stands behind an @'),
  },
  {
    words: 'dhcp-server',
    help: 'A DHCP server that gives addresses.',
    judge: warns('clients get addresses of pools only, and of no DHCP server'),
  },
  { words: 'password-management', help: 'Lets users change passwords that expire.' },
  { words: 'override-account-disable', help: 'Accounts that a server has disabled.' },
  { words: 'ipv6-address-pool', help: 'Pools of IPv6, which is not carried.' },
  { words: 'username-from-certificate', help: 'Users of certificates.' },
  { words: 'secondary-username-from-certificate', help: 'Users of certificates.' },
  { words: 'scep-enrollment', help: 'Enrolment of certificates.' },
  { words: 'authenticated-session-username', help: 'Which of two user names counts.' },
  { words: 'authentication-attr-from-server', help: 'Which of two servers counts.' },
  { words: 'nat-assigned-to-public-ip', help: 'Translates addresses of clients back.' },
];

const noCertificates = warns('groups with certificates are not built: clients need the group key');

const askAnyway: KeptCommand['judge'] = (line) => {
  if (/ hybrid$/.test(line)) return warning('hybrid authentication is not built');
  if (/ none$/.test(line)) return warning('users are asked for a password all the same');
  return undefined;
};

/** Attributes of tunnel groups about IPsec. */
export const IPSEC_KEPT: readonly KeptCommand[] = [
  {
    words: 'ikev1 user-authentication',
    help: 'How users are asked: by XAUTH.',
    judge: askAnyway,
  },
  {
    words: 'isakmp ikev1-user-authentication',
    help: 'How users are asked, in the older spelling.',
    judge: askAnyway,
  },
  { words: 'ikev1 trust-point', help: 'Certificate of the device.', judge: noCertificates },
  { words: 'trust-point', help: 'Certificate of the device.', judge: noCertificates },
  { words: 'ikev1 radius-sdi-xauth', help: 'Servers that want new PINs.' },
  { words: 'radius-sdi-xauth', help: 'Servers that want new PINs.' },
  { words: 'peer-id-validate', help: 'How certificates of peers are checked.' },
  { words: 'chain', help: 'Sends all certificates.' },
  { words: 'ikev2', help: 'IKEv2.' },
  { words: 'client-update', help: 'Software of clients.' },
];
