import { event } from '#events/event';

/** What the cluster as a whole says; its protocol has events of its own in `protocol/vcl`. */

export const memberCannotBegin = event({
  class: 'LB',
  number: 1,
  severity: 2,
  text: 'This device cannot take part in the cluster: {reason}; tried again in {seconds} s',
  why: 'Something that a member needs before it speaks is missing.',
  remedy: 'Do what the reason says; nothing has to be started again.',
});

export const clientRedirected = event({
  class: 'LB',
  number: 2,
  severity: 4,
  text: 'Client {client} is sent to {target}: {comparison}',
  why: 'The master chose the member that is to take a client, by the rules of the personality.',
  remedy: 'None. "show vpn load-balancing decision" lists the last choices.',
});

export const noMemberHasRoom = event({
  class: 'LB',
  number: 3,
  severity: 2,
  text: 'Client {client} is refused: no member has room; {explanation}',
  why: 'Every member is full, draining or out of addresses.',
  remedy: 'Add a member, raise "vpn-sessiondb max-session-limit", or enlarge the address pools.',
});

export const clientCannotBeRedirected = event({
  class: 'LB',
  number: 4,
  severity: 4,
  text: 'Client {client} came to the cluster address and does not understand a redirect: {reason}; {treatment}',
  why: 'Only clients that say they are of a kind and release that follows redirects are balanced; in IKEv1 they have the Unity vendor ID.',
  remedy:
    'Point that client at the address of a member, or say "cluster unredirectable serve-direct". One line a minute and client.',
});

export const notMaster = event({
  class: 'LB',
  number: 5,
  severity: 5,
  text: 'Client {client} came to the cluster address, which this member does not serve any more',
  why: 'The client reached this member while the address was on its way to another one.',
  remedy: 'None; the client tries again and reaches the new master.',
});

export const drainBegun = event({
  class: 'LB',
  number: 6,
  severity: 3,
  text: 'This member is being drained: no new clients, {sessions} sessions left',
  why: 'An administrator takes the member out of service without ending its sessions.',
  remedy: 'None. "vpn load-balancing undrain" takes it back.',
});

export const drainEnded = event({
  class: 'LB',
  number: 7,
  severity: 3,
  text: 'Draining of this member ended: {reason}',
  why: 'The last session is gone, the deadline came, or an administrator took it back.',
  remedy: 'None.',
});

export const poolsOverlap = event({
  class: 'LB',
  number: 8,
  severity: 2,
  text: 'Address pools overlap: {own} here, {other} on member {address}',
  why: 'Two members would give the same address to two clients.',
  remedy: 'Give each member pools of its own with "ip local pool".',
});

export const nameNotResolved = event({
  class: 'LB',
  number: 9,
  severity: 3,
  text: 'The name {name} of the cluster configuration has no address: {reason}',
  why: 'DNS did not answer, or has no such name.',
  remedy:
    'Look at "dns name-server" and at the zone; an address may be written in place of the name.',
});

export const memberDiffers = event({
  class: 'LB',
  number: 10,
  severity: 3,
  text: 'Device {address} is refused as a member: {difference}',
  why: 'Members must have encryption, cluster key, cluster address and port alike. One line a minute, device and difference.',
  remedy:
    'Compare "cluster encryption", "cluster key", "cluster ip address" and "cluster port" of the two devices.',
});

export const memberTunnelUp = event({
  class: 'LB',
  number: 11,
  severity: 4,
  text: 'Tunnel with member {address} is up: {suite}',
  why: 'Encryption between members is on, and the two have agreed on keys.',
  remedy: 'None. "show vpn-sessiondb" lists it among the management sessions.',
});

export const memberTunnelDown = event({
  class: 'LB',
  number: 12,
  severity: 3,
  text: 'No tunnel with member {address}: {reason}; tried again in {seconds} s',
  why: 'The member is gone, or the two could not agree. Without a tunnel they do not hear each other.',
  remedy:
    'Look after that member; "show logging class IKE" says what the negotiation came to. The policies of phase 1 ' +
    '("crypto ikev1 policy") of the two must have one in common.',
});

export const tooManyCallers = event({
  class: 'LB',
  number: 13,
  severity: 3,
  text: 'Member {address} is not negotiated with: there are {count} others already',
  why: 'More devices call as members of this cluster than a cluster may have.',
  remedy: 'Take devices out of the cluster.',
});

export const filterStops = event({
  class: 'LB',
  number: 14,
  severity: 2,
  text: 'Filter {filter} of interface {interface} stops what members say: it has no rule "{rule}" for UDP port {port}',
  why: 'The filter drops what none of its rules lets pass, so this member and the others do not hear each other.',
  remedy:
    'Assign the rule without a port to that filter with "rule add"; it follows "cluster port". One line a minute and direction.',
});

export const masterKeepsClients = event({
  class: 'LB',
  number: 21,
  severity: 2,
  text: 'This device is master and sends clients to no other member: filter {filter} of interface {interface} has no rule "{rule}"',
  why: 'Where the public filter of a master stops what members say, no public side of another member answers it. Such a member has the least priority, and is master only where no other was there to be it.',
  remedy:
    'Assign the rule to that filter with "rule add"; "no participate" hands the address over until then.',
});

export const linksDown = event({
  class: 'LB',
  number: 22,
  severity: 2,
  text: 'Without a carrier on the {sides} side of this member, or with that interface down or gone',
  why: 'A master without its public link hands the cluster address over, and a member without it does not become master; one that hears nobody since its private link is down gives the address up.',
  remedy:
    'Look at the cable and at the switch port. The member goes on as soon as the link is back.',
});

export const linksUp = event({
  class: 'LB',
  number: 23,
  severity: 3,
  text: 'The links of this member are up again',
  why: 'The interfaces of its public and its private side have a carrier.',
  remedy: 'None.',
});

export const clientNotEligible = event({
  class: 'LB',
  number: 15,
  severity: 5,
  text: 'Client {client} is served here, and could not be balanced: {reason}',
  why: 'By what the client says of itself it is of a kind or release that its vendor leaves out of load balancing.',
  remedy:
    'Bring that client up to date before it is pointed at the cluster address, or leave it at the address of a member. One line a minute and client.',
});

export const releasesMixed = event({
  class: 'LB',
  number: 16,
  severity: 4,
  text: 'Members run different releases: {releases}; only clients of IPsec are balanced over all of them',
  why: 'Releases may count sessions in different ways, so clients of TLS are sent to members of the newest release only.',
  remedy: 'Bring all members to one release, draining one after the other.',
});

export const memberHasNoName = event({
  class: 'LB',
  number: 17,
  severity: 4,
  text: 'Clients are sent to {address} by its address: {reason}',
  why: '"redirect-fqdn" wants a name of DNS for every member, and one that leads back to the same address.',
  remedy:
    'Enter the address of that member in the reverse zone, and its name with the same address in the forward zone.',
});

export const namesNotAnswered = event({
  class: 'LB',
  number: 18,
  severity: 3,
  text: 'Names of members cannot be looked up: {reason}; clients are sent to addresses where no name is known',
  why: 'No name server answers. Names that are known are used for five minutes after they were confirmed.',
  remedy: 'Look at "dns name-server" and at the way to it; it is asked again every ten seconds.',
});

export const sessionPagesLimited = event({
  class: 'LB',
  number: 19,
  severity: 5,
  text: 'Member {address} asks for more pages of sessions than this member looks up',
  why: 'Somebody watches the sessions of the whole cluster, and this member has many, or many people watch. One line a minute.',
  remedy:
    'None: they see the rows a little later. A question costs the asked member a walk over its sessions.',
});

export const sessionPageFailed = event({
  class: 'LB',
  number: 20,
  severity: 2,
  text: 'A page of sessions for or of another member could not be made: {reason}',
  why: 'A contradiction in this program. Whoever looks at the sessions of the cluster does without that page; nothing else is touched.',
  remedy: 'Report it, with the event. One line a minute.',
});
