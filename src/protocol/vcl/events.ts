import { event } from '#events/event';

/** The catalogue of the cluster protocol; 24 and 25 in the words of the VPN 3000 concentrator. LB-82. */

const step = 'None; this line follows the keepalives one by one.';

export const keepaliveResponseSent = event({
  class: 'LBSSF',
  number: 24,
  severity: 8,
  text: 'LBSSF sent KEEPALIVE response to [{address}]',
  why: 'The master answered a member that reported its load.',
  remedy: step,
});
export const keepaliveRequestReceived = event({
  class: 'LBSSF',
  number: 25,
  severity: 8,
  text: 'LBSSF received KEEPALIVE request from [{address}]',
  why: 'A member reported its load to this master.',
  remedy: step,
});
export const keepaliveRequestSent = event({
  class: 'LBSSF',
  number: 26,
  severity: 8,
  text: 'LBSSF sent KEEPALIVE request to [{address}]',
  why: 'This member reports its load to the master.',
  remedy: step,
});
export const keepaliveResponseReceived = event({
  class: 'LBSSF',
  number: 27,
  severity: 8,
  text: 'LBSSF received KEEPALIVE response from [{address}]',
  why: 'The master answered; it lives and hears us.',
  remedy: step,
});

/** Roles. */
export const becameMaster = event({
  class: 'LBSSF',
  number: 40,
  severity: 3,
  text: 'Became master of the cluster in term {term}: {reason}',
  why: 'This member serves the cluster address from now on.',
  remedy:
    'None. If the former master should have stayed, look at its log and at the private network.',
});
export const becameBackup = event({
  class: 'LBSSF',
  number: 41,
  severity: 4,
  text: 'Backup of the master {address} in term {term}',
  why: 'Another member serves the cluster address; this one takes redirected clients.',
  remedy: 'None.',
});
export const gaveAddressUp = event({
  class: 'LBSSF',
  number: 42,
  severity: 3,
  text: 'No longer master of the cluster: {reason}',
  why: 'This member stopped serving the cluster address.',
  remedy: 'None for a planned change; otherwise the reason says what to look at.',
});
export const masterSuspected = event({
  class: 'LBSSF',
  number: 43,
  severity: 5,
  text: 'The master {address} did not answer a keepalive; it is probed; other members that were asked to: {helpers}',
  why: 'A keepalive was lost, the master is busy, or it is gone; the probes will tell.',
  remedy: 'None, unless it repeats: then look at the load of the master and the private network.',
});
export const masterLost = event({
  class: 'LBSSF',
  number: 44,
  severity: 3,
  text: 'The master {address} is gone: {reason}',
  why: 'Neither this member nor those it asked could reach the master; or it left, or was started anew.',
  remedy: 'Look after that device. A backup takes the cluster address over by itself.',
});
export const masterPartlyReachable = event({
  class: 'LBSSF',
  number: 45,
  severity: 3,
  text: 'The master {address} is alive but does not answer this member: {evidence}',
  why: 'Datagrams are lost between two members only, or in one direction only.',
  remedy: 'Look at filters, switches and routes between the two on the private network.',
});
export const noMasterInReach = event({
  class: 'LBSSF',
  number: 46,
  severity: 3,
  text: 'Member {address} names a master that does not answer this member; waiting for it',
  why: 'There is a master, so this member must not become one, but it cannot join it either.',
  remedy: 'Look at filters, switches and routes between this member and the master.',
});
export const conflictWon = event({
  class: 'LBSSF',
  number: 47,
  severity: 2,
  text: 'A second master, {address}, has to give way: {reason}',
  why: 'Two parts of the cluster that could not reach each other are together again.',
  remedy: 'None; find out what parted them, so that it does not happen again.',
});
export const asleep = event({
  class: 'LBSSF',
  number: 48,
  severity: 2,
  text: 'This process stood still for {milliseconds} ms while it served the cluster address; asking whether it may go on',
  why: 'Others may have taken the address over meanwhile, so that it is given up before anything else.',
  remedy:
    'Look for what stopped the process: a debugger, memory that was swapped out, a virtual machine that was moved.',
});
export const addressTaken = event({
  class: 'LBSSF',
  number: 49,
  severity: 2,
  text: 'The cluster address is in use by {hardwareAddress}, which is no member of this cluster; not taking it',
  why: 'A foreign device has the address, or a member with another cluster key.',
  remedy: 'Find the device by its hardware address; compare the cluster keys of the members.',
});
export const tooFewMembers = event({
  class: 'LBSSF',
  number: 50,
  severity: 2,
  text: 'Only {alive} of at least {wanted} members are in reach; the cluster address is not served',
  why: 'The cluster is told to rather have no master than two.',
  remedy: 'Bring members back, or lower the least number of members.',
});

/** Members. */
export const memberJoined = event({
  class: 'LBSSF',
  number: 55,
  severity: 4,
  text: 'Member {address} ({name}, {model}, priority {priority}) joined',
  why: 'A member proved that it holds the cluster key and lives now.',
  remedy: 'None.',
});
export const memberLost = event({
  class: 'LBSSF',
  number: 56,
  severity: 3,
  text: 'Member {address} is gone: silent for {milliseconds} ms',
  why: 'A member stopped reporting and answered no probe.',
  remedy: 'Look after that device. Its clients come back through the cluster address.',
});
export const memberLeft = event({
  class: 'LBSSF',
  number: 57,
  severity: 4,
  text: 'Member {address} left: {reason}',
  why: 'A member said that it leaves the cluster.',
  remedy: 'None.',
});
export const handingOver = event({
  class: 'LBSSF',
  number: 58,
  severity: 4,
  text: 'Handing the cluster address over to {address}',
  why: 'This master leaves as planned; its successor takes the address at once.',
  remedy: 'None.',
});
export const publicSideClosed = event({
  class: 'LBSSF',
  number: 59,
  severity: 3,
  text: 'Member {address} answers on the private network but not at its public address {publicAddress}; it does not count as a peer',
  why: 'The cluster port is filtered on the public side of one of the two.',
  remedy: 'Check that the public filters of both have the rules VCA In and VCA Out.',
});
export const publicSideOpen = event({
  class: 'LBSSF',
  number: 60,
  severity: 5,
  text: 'Member {address} answers at its public address {publicAddress}',
  why: 'Both sides of a member are in reach; it counts as a peer.',
  remedy: 'None.',
});

/** Refusals: each names the difference. LB-16, GEN-44. */
export const secretDiffers = event({
  class: 'LBSSF',
  number: 65,
  severity: 3,
  byStrangers: true,
  text: 'Refused a datagram of {address}: it is not made with our cluster key',
  why: 'The cluster keys differ, or only one of the two has one, or somebody forges datagrams.',
  remedy: 'Set the same "cluster key" on every member.',
});
export const clusterDiffers = event({
  class: 'LBSSF',
  number: 66,
  severity: 3,
  byStrangers: true,
  text: 'Refused a member of another cluster at {address}: {difference}',
  why: 'Cluster address and port must be the same on all members.',
  remedy: 'Compare "cluster ip address" and "cluster port" of the two.',
});
export const versionDiffers = event({
  class: 'LBSSF',
  number: 67,
  severity: 3,
  byStrangers: true,
  text: 'Refused a datagram of {address}: protocol {difference} there, version 1 here',
  why: 'The member speaks a version of the cluster protocol that this one does not.',
  remedy: 'Bring the members to releases that speak the same version.',
});
export const configurationDiffers = event({
  class: 'LBSSF',
  number: 68,
  severity: 3,
  text: 'Refused member {address}: digest {theirs} of its cluster configuration, {ours} here',
  why: 'A setting that all members must have alike differs.',
  remedy: 'Compare the cluster settings of the two, cluster encryption first.',
});
export const cloneRefused = event({
  class: 'LBSSF',
  number: 69,
  severity: 2,
  text: 'Refused a second member with the identity {member}: one is at {address}, another at {other}',
  why: 'The state of a member was copied to another device, and both run.',
  remedy: 'Remove the state file on the copied device; it makes itself a new identity.',
});
export const refusedByMember = event({
  class: 'LBSSF',
  number: 70,
  severity: 2,
  text: 'Member {address} refused this member: {reason}',
  why: 'This member does not fit into the cluster, and stays out of it for a while.',
  remedy: 'The reason names what differs.',
});
export const refusedByStranger = event({
  class: 'LBSSF',
  number: 71,
  severity: 4,
  byStrangers: true,
  text: '{address} says, without proof, that it refused this member: {reason}',
  why: 'A member that cannot authenticate its words to us, or somebody who forges them. Nothing was changed.',
  remedy: 'Compare cluster key, address and port of the two.',
});
export const replayed = event({
  class: 'LBSSF',
  number: 72,
  severity: 4,
  byStrangers: true,
  text: 'Refused a datagram of {address}: {reason}',
  why: 'A datagram was received before, or is from an earlier life of a member: recorded and sent again, or doubled by the network.',
  remedy: 'None, unless there are many: then somebody replays recordings on the private network.',
});
export const datagramRefused = event({
  class: 'LBSSF',
  number: 73,
  severity: 5,
  byStrangers: true,
  text: 'Refused a datagram of {address}: {reason}',
  why: 'Something on the cluster port that is no message of the cluster protocol, or breaks its rules.',
  remedy: 'None, unless it repeats: then find what sends it.',
});
export const tooManyMembers = event({
  class: 'LBSSF',
  number: 74,
  severity: 3,
  text: 'Refused member {address}: a cluster has {most} other members at most',
  why: 'The limit of the cluster protocol is reached.',
  remedy: 'Form a second cluster.',
});
export const tooManyStrangers = event({
  class: 'LBSSF',
  number: 75,
  severity: 4,
  byStrangers: true,
  text: 'Not asking {address} who it is: {most} others are being asked',
  why: 'Many unknown members introduce themselves at once, or somebody repeats recordings of them.',
  remedy: 'None; a member tries again by itself.',
});
export const networkDiffers = event({
  class: 'LBSSF',
  number: 77,
  severity: 3,
  text: 'Refused member {address}: {reason}',
  why: 'All members are in one public network, where the cluster address moves between them, and in one private network.',
  remedy: 'Compare addresses and masks of the two interfaces on both members.',
});
export const notAuthenticated = event({
  class: 'LBSSF',
  number: 76,
  severity: 3,
  text: 'The cluster is not authenticated: it has no cluster key',
  why: 'Whoever reaches the cluster port can become a member and redirect clients.',
  remedy: 'Set the same "cluster key" on every member.',
});
