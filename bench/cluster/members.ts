/** A virtual cluster of several members with a client on the public network, in namespaces. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bed } from '../../labs/runner/bed.ts';
import { parseTopology } from '../../labs/runner/topology.ts';
import { scenario, userName, userPassword } from '../scenario.ts';
import { headendCommand } from '../subjects/headend.ts';

export const clusterAddress = '172.18.124.254';
/** Where clients are. */
export const clientNode = 'client';

const startTimeoutMs = 30_000;

/** What a cluster is made of. */
export type ClusterSetup = {
  readonly members: number;
  readonly helloMs: number;
  readonly users: number;
};

/** Node of member 1, 2, ...; the interfaces are `outside` and `inside`. */
export const memberNode = (number: number): string => `m${number}`;
/** Process of a member. */
export const memberProcess = (number: number): string => `member-${number}`;

export const publicAddress = (number: number): string => `172.18.124.${128 + number}`;
export const privateAddress = (number: number): string => `10.32.1.${128 + number}`;

/** On the private network of the members without being one. */
export const strangerNode = 'stranger';
export const strangerAddress = '10.32.1.250';
/** What members speak to each other on. */
export const clusterPort = 9023;

/** A fresh network of so many members, one client, and a stranger among the members. */
export function clusterBed(name: string, members: number): Bed {
  const numbers = Array.from({ length: members }, (_, index) => index + 1);
  const links = numbers.flatMap((n) => [
    `link ${memberNode(n)}:outside ${publicAddress(n)}/24 -- public`,
    `link ${memberNode(n)}:inside ${privateAddress(n)}/17 -- private`,
  ]);
  const topology = `
node ${clientNode} ${strangerNode} ${numbers.map(memberNode).join(' ')}
switch public private
link ${clientNode}:eth0 172.18.124.10/24 -- public
link ${strangerNode}:eth0 ${strangerAddress}/17 -- private
${links.join('\n')}
`;
  return new Bed(`bench-${name}`, parseTopology(topology), import.meta.dirname);
}

/** The file of one member; the first started has the highest priority, which makes the start short. */
const configuration = (
  number: number,
  { helloMs, users }: ClusterSetup,
): string => `hostname m${number}
legacy-crypto permit dh-group 2 hash sha aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${publicAddress(number)} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address ${privateAddress(number)} 255.255.128.0
ip local pool pool 10.${64 + number}.0.1-10.${64 + number}.255.254 mask 255.255.0.0
${Array.from({ length: users }, (_, i) => `username ${userName(i + 1)} password ${userPassword(i + 1)}\n`).join('')}group-policy ${scenario.group} internal
group-policy ${scenario.group} attributes
 vpn-simultaneous-logins 1000
tunnel-group ${scenario.group} type remote-access
tunnel-group ${scenario.group} general-attributes
 address-pool pool
 default-group-policy ${scenario.group}
tunnel-group ${scenario.group} ipsec-attributes
 ikev1 pre-shared-key ${scenario.groupKey}
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
crypto ikev1 policy 20
 authentication pre-share
 encryption aes
 hash sha
 group 19
 lifetime 86400
crypto isakmp nat-traversal 20
crypto ipsec ikev1 transform-set aes-sha esp-aes esp-sha-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set aes-sha
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
vpn load-balancing
 interface lbpublic outside
 interface lbprivate inside
 priority ${Math.max(1, 11 - number)}
 cluster ip address ${clusterAddress}
 cluster timer fast hello ${helloMs}
 cluster key shared-by-the-members
 participate
`;

/** A command that succeeds where the cluster address is. */
export const hasClusterAddress = `ip -4 address show dev outside | grep -q ${clusterAddress}/32`;

/** Types a command at a member; the answer is its output. */
export const tell = (bed: Bed, number: number, lines: readonly string[]): Promise<string> =>
  bed.run(
    memberNode(number),
    `printf '${lines.join('\\n')}\\n' | headend console --socket $work/m${number}.sock`,
  );

/** Starts the members; resolves when the first is master and has heard of all others. */
export async function startMembers(bed: Bed, setup: ClusterSetup): Promise<void> {
  for (let n = 1; n <= setup.members; n += 1) {
    const place = `$work/m${n}`;
    writeFileSync(join(bed.workFolder, `m${n}.cfg`), configuration(n, setup));
    const command = `exec ${headendCommand} run ${place}.cfg --console-socket ${place}.sock --web-port 0 --state ${place}`;
    bed.start(memberNode(n), memberProcess(n), command);
    if (n === 1) await bed.until(memberNode(n), hasClusterAddress, startTimeoutMs);
  }
  const statistics = `echo "show vpn load-balancing statistics" | headend console --socket $work/m1.sock`;
  const peers = `grep -qE "Number of Peers +${setup.members - 1}$"`;
  await bed.until(memberNode(1), `${statistics} | ${peers}`, startTimeoutMs);
}
