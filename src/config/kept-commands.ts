import { FILTERED_TRAFFIC } from './filters.ts';
import {
  type KeptCommand,
  type KeptVerdict,
  keep,
  keptFindings,
  keptSlice,
  warns,
} from './kept.ts';
import { nameCommand, namesSlice } from './named-addresses.ts';
import type { Room } from './room.ts';
import { globalScope } from './setting.ts';
import { unknownSlice } from './unknown-lines.ts';

const cisco = (words: string, help: string, judge?: KeptCommand['judge']): KeptCommand => ({
  words,
  help,
  dialects: ['asa', 'pix'],
  ...(judge ? { judge } : {}),
});
const ios = (words: string, help: string, judge?: KeptCommand['judge']): KeptCommand => ({
  words,
  help,
  dialects: ['ios'],
  ...(judge ? { judge } : {}),
});

const FILTERS_NOTHING =
  'headend filters nothing, so what this list keeps out of the other interfaces is for nftables to say';
const TRANSLATES_NOTHING =
  'a head-end translates nothing: what this line does to other traffic is for nftables to do';
const ROUTES_NOTHING =
  'routes are those of Linux; a routing protocol is for FRR or another program';

/** `no sysopt connection permit-vpn` lets access lists judge what comes out of tunnels. */
const permitsTunnels: KeptCommand['judge'] = (line) =>
  /^no sysopt connection permit-(vpn|ipsec)$/.test(line)
    ? {
        severity: 'error',
        reason:
          'what comes out of tunnels would be filtered by access lists on the other device, and is not here',
        remedy: 'filter the interface headend0 with nftables, and leave this line out',
      }
    : undefined;

/** NAT of an ASA: exempting traffic from translation is what happens here anyway. */
function translates(line: string): KeptVerdict | undefined {
  if (/^nat \([^,()]+\) [1-9]/.test(line))
    return { severity: 'warning', reason: TRANSLATES_NOTHING };
  const [, inside, outside] = /^nat \(([^,()]+),([^,()]+)\)/.exec(line) ?? [];
  if (line.startsWith('no ') || inside === undefined) return undefined;
  if (inside === outside && inside !== 'any')
    return {
      severity: 'warning',
      reason: `clients that reach the Internet through "${inside}" are not translated here`,
      remedy: 'let nftables masquerade the addresses of the pools',
    };
  const exempt =
    /\bsource static (\S+) \1( |$)/.test(line) && !/ destination static (\S+) (?!\1)/.test(line);
  return exempt ? undefined : { severity: 'warning', reason: TRANSLATES_NOTHING };
}

/** A line that is all there is to switch something on. */
const onlyWhen =
  (pattern: RegExp, reason: string, remedy?: string): KeptCommand['judge'] =>
  (line, inside) =>
    [line, ...inside].some((text) => pattern.test(text))
      ? warns(reason, remedy)?.('', [])
      : undefined;

/** The packet filter and what inspects packets. */
const FILTERING: readonly KeptCommand[] = [
  cisco('access-group', 'Applies an access list to an interface.', warns(FILTERS_NOTHING)),
  cisco('same-security-traffic', 'Traffic between interfaces of one level, and back out of one.'),
  cisco('class-map', 'Traffic classes of the packet inspection.'),
  cisco('policy-map', 'Actions of the packet inspection.'),
  cisco('service-policy', 'Where the packet inspection is applied.'),
  cisco('fixup protocol', 'Packet inspection, in its older spelling.'),
  cisco('tcp-map', 'Normalisation of TCP.'),
  cisco('time-range', 'Times at which entries of access lists hold.'),
  cisco('access-list alert-interval', 'How often denied flows are told of.'),
  cisco('access-list deny-flow-max', 'How many denied flows are remembered.'),
  cisco('object service', 'A service that access lists name.'),
  cisco('object-group service', 'Services that access lists name.'),
  cisco('object-group protocol', 'Protocols that access lists name.'),
  cisco('object-group icmp-type', 'Types of ICMP that access lists name.'),
  cisco('object-group user', 'Users that access lists name.'),
  cisco('object-group-search', 'How access lists are searched.'),
  cisco('conduit', 'Packet filter, in its oldest spelling.', warns(FILTERS_NOTHING)),
  cisco('outbound', 'Packet filter, in its oldest spelling.', warns(FILTERS_NOTHING)),
  cisco('apply', 'Where "outbound" lists are applied.'),
  cisco('established', 'Connections that belong to others.'),
  ...FILTERED_TRAFFIC.map((what) => cisco(`filter ${what}`, 'Filtering of URLs.')),
  cisco('url-server', 'Filtering of URLs.'),
  cisco('url-cache', 'Filtering of URLs.'),
  cisco('url-block', 'Filtering of URLs.'),
  cisco('regex', 'Patterns of the packet inspection.'),
  cisco('threat-detection', 'Statistics of the packet filter.'),
  cisco('dynamic-filter', 'Botnet filter.'),
  cisco('floodguard', 'Reclaiming of connections.'),
  cisco('fragment', 'Fragments that wait to be put together.'),
  cisco('icmp', 'ICMP to the device, which Linux answers, and the rate of its answers.'),
  cisco('ip audit', 'Signatures of the intrusion detection.'),
  cisco('ip verify', 'Reverse path check, which Linux does.'),
  cisco('timeout', 'Idle times of the packet filter.'),
  cisco('dns-guard', 'One answer for each DNS query.'),
  cisco(
    'sysopt connection permit-vpn',
    'What comes out of tunnels passes the lists of interfaces.',
    permitsTunnels,
  ),
  cisco('sysopt connection permit-ipsec', 'The older name of the same.', permitsTunnels),
  cisco('sysopt connection permit-pptp', 'PPTP.'),
  cisco('sysopt connection permit-l2tp', 'L2TP.'),
  cisco('sysopt connection preserve-vpn-flows', 'Connections outlive their tunnel.'),
  cisco('sysopt connection reclassify-vpn', 'Connections move into a new tunnel.'),
  cisco('sysopt connection timewait', 'How TCP connections end.'),
  cisco('sysopt ipsec', 'Compatibility with a PIX Private Link.'),
  cisco('sysopt noproxyarp', 'Proxy ARP, which Linux does.'),
  cisco('sysopt nodnsalias', 'Translation in DNS.'),
  cisco('sysopt radius', 'Keys of RADIUS.'),
  cisco('sysopt route', 'Routes of a PIX.'),
  cisco('access-list compiled', 'How access lists are searched.'),
  cisco('sysopt uauth', 'The authentication proxy.'),
  cisco('user-identity', 'Identity firewall.'),
  cisco('tls-proxy', 'Inspection of encrypted voice.'),
  cisco('virtual', 'Addresses of the authentication proxy.'),
  cisco('aaa proxy-limit', 'Connections of the authentication proxy.'),
  cisco('auth-prompt', 'Texts of the authentication proxy.'),
];

/** Translation, addresses and routes beyond static ones. */
const ROUTING: readonly KeptCommand[] = [
  { ...cisco('nat', 'Address translation of an ASA.', translates), dialects: ['asa'] },
  { ...cisco('global', 'Addresses that "nat" lines translate to.'), dialects: ['asa'] },
  cisco('static', 'Translation of one address into another.', warns(TRANSLATES_NOTHING)),
  cisco('alias', 'Translation of addresses in DNS.', warns(TRANSLATES_NOTHING)),
  cisco('xlate', 'Translations that are not made.'),
  cisco('mtu', 'The MTU of an interface is set where Linux sets up the interface.'),
  cisco('arp', 'ARP entries, which Linux keeps.'),
  cisco('router', 'A routing protocol.', warns(ROUTES_NOTHING)),
  cisco('route-map', 'Rules of a routing protocol.'),
  cisco('prefix-list', 'Networks of a routing protocol.'),
  cisco('multicast-routing', 'Routing of multicast.', warns(ROUTES_NOTHING)),
  cisco('mroute', 'Routes of multicast.'),
  cisco('pim', 'Routing of multicast.'),
  cisco('ipv6 route', 'Routes of IPv6, which are those of Linux.'),
  cisco('ipv6 access-list', 'Packet filter of IPv6.'),
  cisco('ipv6 icmp', 'ICMP to the device, which Linux answers.'),
  cisco('sla monitor', 'Watches whether a route works.'),
  cisco('track', 'Watches whether a route works.'),
  cisco('dhcpd', 'DHCP server for the inside.'),
  cisco('dhcprelay', 'DHCP relay.'),
  cisco('dhcp-client', 'DHCP client of an interface.'),
  cisco('vpdn', 'PPPoE, PPTP and L2TP.', warns('PPTP, L2TP and PPPoE are not built')),
  cisco(
    'vpnclient',
    'The device as a client of another.',
    warns('headend is no client of another head-end'),
  ),
  cisco('l2tp', 'Parameters of L2TP.'),
  cisco(
    'failover',
    'A second device that takes over.',
    onlyWhen(/^failover$/, 'there is no failover: this device stands alone'),
  ),
  cisco('monitor-interface', 'Interfaces that failover watches.'),
  cisco('mac-address', 'Addresses of interfaces.'),
  cisco('dns server-group', 'Name servers for names that this device looks up.'),
  cisco('dns poll-timer', 'How often names are looked up.'),
  cisco('dns expire-entry-timer', 'How long names are remembered.'),
];

/** Services of the other device. */
const SERVICES: readonly KeptCommand[] = [
  cisco(
    'webvpn',
    'Tunnels over TLS.',
    onlyWhen(
      /^ *(anyconnect |svc )?enable/,
      'tunnels over TLS (AnyConnect, browser) are not built',
    ),
  ),
  cisco('ssl', 'Parameters of TLS.'),
  cisco('crypto ca', 'Certificates.'),
  cisco('ca', 'Certificates, in the older spelling.'),
  cisco('crypto key', 'Keys of the device.'),
  cisco('crypto ikev2', 'IKEv2.', onlyWhen(/^crypto ikev2 enable/, 'IKEv2 is not answered')),
  cisco('crypto ipsec ikev2', 'Proposals of IKEv2.'),
  cisco('crypto ipsec security-association pmtu-aging', 'Ageing of a learnt path MTU.'),
  cisco('crypto ipsec fragmentation', 'When packets that are too long are fragmented.'),
  cisco('crypto isakmp identity', 'How this device names itself: by its address.'),
  cisco('crypto isakmp disconnect-notify', 'Peers are told of the end, always.'),
  cisco('crypto isakmp reload-wait', 'Restart that waits for sessions.'),
  cisco(
    'crypto isakmp ipsec-over-tcp',
    'IPsec over TCP.',
    warns('IPsec over TCP (cTCP) is not built'),
  ),
  cisco(
    'crypto ikev1 ipsec-over-tcp',
    'IPsec over TCP.',
    warns('IPsec over TCP (cTCP) is not built'),
  ),
  cisco('crypto engine', 'The crypto hardware.'),
  ...(['identity', 'keepalive', 'client', 'peer'] as const).map(
    (word): KeptCommand => ({
      words: `isakmp ${word}`,
      help: 'How peers are treated that no group says more about.',
      dialects: ['pix'],
    }),
  ),
  cisco('tunnel-group-map', 'Groups of peers with certificates.'),
  cisco('vpn-addr-assign', 'Where addresses of clients come from: from pools.'),
  cisco('vpn-sessiondb logoff', 'Sessions that are ended at once.'),
  cisco('dynamic-access-policy-record', 'Access policies.'),
  cisco('aaa authentication', 'Who may log in to the device.'),
  cisco('aaa authorization', 'What administrators may do.'),
  cisco('aaa accounting', 'What is written about administrators.'),
  cisco('aaa local', 'Attempts of local users.'),
  cisco('aaa mac-exempt', 'Devices that need not log in.'),
  cisco('ldap', 'Attributes of LDAP.'),
  cisco('management-access', 'The interface that clients may administer the device by.'),
  cisco('privilege', 'What administrators may do.'),
  cisco('quota', 'Limits of administrators.'),
  cisco('snmp-server', 'SNMP.'),
  cisco('snmp-map', 'SNMP.'),
  cisco('ntp', 'Linux keeps the time.'),
  cisco('clock', 'Linux keeps the time.'),
  cisco('smtp-server', 'Mails of the device.'),
  cisco('flow-export', 'NetFlow.'),
  cisco('telnet', 'Telnet, which is not served.'),
  cisco('ssh timeout', 'SSH, which is not served.'),
  cisco('ssh version', 'SSH, which is not served.'),
  cisco('ssh key-exchange', 'SSH, which is not served.'),
  cisco('ssh cipher', 'SSH, which is not served.'),
  cisco('ssh scopy', 'SSH, which is not served.'),
  cisco('ssh stricthostkeycheck', 'SSH, which is not served.'),
  cisco('ssh pubkey-chain', 'SSH, which is not served.'),
  cisco('http authentication-certificate', 'Certificates of administrators.'),
  cisco('http redirect', 'Redirection to HTTPS.'),
  cisco('http server idle-timeout', 'Idle time of administrators.'),
  cisco('http server session-timeout', 'Time of administrators.'),
  cisco('logging trap', 'Syslog.'),
  cisco('logging host', 'Syslog.'),
  cisco('logging facility', 'Syslog.'),
  cisco('logging queue', 'Syslog.'),
  cisco('logging device-id', 'Syslog.'),
  cisco('logging standby', 'Syslog.'),
  cisco('logging permit-hostdown', 'Syslog.'),
  cisco('logging rate-limit', 'Syslog.'),
  cisco('logging message', 'Numbers of messages, which headend has not.'),
  cisco('logging list', 'Lists of messages, which headend has not.'),
  cisco('logging class', 'Classes of messages, which headend has not.'),
  cisco('logging history', 'The log by SNMP.'),
  cisco('logging asdm', 'The log in the graphical manager.'),
  cisco('logging asdm-buffer-size', 'The log in the graphical manager.'),
  cisco('logging buffer-size', 'Size of the log; headend keeps a number of events.'),
  cisco('logging monitor', 'The log on terminals.'),
  cisco('logging console', 'The log on the serial console.'),
  cisco('logging mail', 'The log by mail.'),
  cisco('logging from-address', 'The log by mail.'),
  cisco('logging recipient-address', 'The log by mail.'),
  cisco('logging debug-trace', 'Debugging in the log.'),
  cisco('logging flash-bufferwrap', 'The log on the flash disk.'),
  cisco('logging ftp-bufferwrap', 'The log by FTP.'),
  cisco('logging flow-export-syslogs', 'NetFlow.'),
];

/** How the other device looked, and what it started from. */
const DEVICE: readonly KeptCommand[] = [
  cisco('pager', 'The terminal pages by itself.'),
  cisco('terminal', 'The terminal tells its size by itself.'),
  cisco('names', 'Whether names of addresses are shown.'),
  cisco('prompt', 'Form of the prompt.'),
  cisco('banner exec', 'Text for administrators.'),
  cisco('banner login', 'Text for administrators.'),
  cisco('banner motd', 'Text for administrators.'),
  cisco('banner asdm', 'Text for administrators.'),
  cisco('console timeout', 'Idle time of the serial console.'),
  cisco('asdm', 'The graphical manager of the other device.'),
  cisco('pdm', 'The graphical manager of the other device.'),
  cisco('boot', 'Image the other device starts from.'),
  cisco('ftp', 'Mode of the FTP client.'),
  cisco('tftp-server', 'Where files are written to.'),
  cisco('auto-update', 'Updates of the other device.'),
  cisco('call-home', 'Reports to the manufacturer.'),
  cisco('service', 'Reports to the manufacturer, and answers to refused connections.'),
  cisco('license', 'Licences of the other device.'),
  cisco('fips', 'Approved algorithms only.'),
  cisco('compression', 'Compression of tunnels over TLS.'),
  cisco('coredump', 'Crashes of the other device.'),
  cisco('crashinfo', 'Crashes of the other device.'),
  cisco('jumbo-frame', 'Long frames.'),
  cisco('firewall', 'Routed or transparent.'),
  cisco('mode', 'One context or several.'),
  ios('boot-start-marker', 'Begin of the image list.'),
  ios('boot-end-marker', 'End of the image list.'),
  ios('boot system', 'Image the other device starts from.'),
  ios('ip classless', 'Routing is always classless.'),
  ios('ip subnet-zero', 'Subnet zero is always usable.'),
  ios('ip ssh', 'SSH, which is not served.'),
  ios('ip cef', 'Linux forwards in its own way.'),
  ios('voice', 'Voice.'),
  ios('fax', 'Fax over IP.'),
];

/**
 * Commands that steer what Linux does by itself here, what headend does not do, or how the other device
 * looked. Where a configuration means less without them, a judgement says so.
 */
export const KEPT: readonly KeptCommand[] = [...FILTERING, ...ROUTING, ...SERVICES, ...DEVICE];

/** The room of the lines without effect. */
export const keptRoom: Room = {
  slices: [keptSlice, namesSlice, unknownSlice],
  verify: (configuration) => keptFindings(KEPT, keptSlice.of(configuration), []),
  sections: [
    { title: 'Names of addresses', place: 'names', commands: [nameCommand] },
    {
      title: 'Accepted without effect',
      place: 'kept',
      commands: KEPT.flatMap((command) => keep(command, globalScope(keptSlice))),
    },
  ],
};
