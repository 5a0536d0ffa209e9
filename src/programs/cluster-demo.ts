import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SlowWork } from '#adapters/device-runner';
import type { Shell } from '#adapters/terminal/shell';
import { address, type IpAddress } from '#base/address';
import { DemoMember, type DemoMemberParts } from './cluster-demo-member.ts';
import { openConsoles } from './consoles.ts';
import { demoAddresses, demoPorts } from './demo-network.ts';
import { newSecret, newSecrets, startDemoClients, startDemoPat } from './demo-parts.ts';
import { connectInTurn, keepTraffic } from './demo-story.ts';
import type { IkePorts } from './listening.ts';
import { type Program, UsageError, VERSION } from './program.ts';
import { untilStopped } from './until-stopped.ts';

const clusterAddress = address('127.18.124.254');
const hosts = [129, 130, 131] as const;
const publicAddress = (host: number): IpAddress => address(`127.18.124.${host}`);

const MASTER = 131;
const CLUSTER_PORT = 19_023;

/** The clients wait until somebody serves the address. */
const JOIN_MS = 7000;

const introduction = (
  members: readonly DemoMember[],
  web: readonly (string | undefined)[],
) => `headend ${VERSION}: the demo of a virtual cluster, on loopback addresses and without root

  clients       ${demoAddresses.clients.join(', ')}
  PAT           ${demoAddresses.patGlobal}
  cluster       ${clusterAddress}, what every client is given
${members
  .map((m, i) => `  ${m.name.padEnd(12)}  ${m.outside}, web console ${web[i] ?? 'not running'}`)
  .join('\n')}
  inside host   ${demoAddresses.insideHost}
`;

const invitation = (name: string, password: string): string => `
Web consoles: user admin, password ${password}
The commands you type here are those of ${name}, such as "show vpn load-balancing"; ? helps, Tab completes.
"crash member3" takes the master away without a word, "start member3" brings it back. Ctrl-C ends the demo.
`;

/** The shell of one member, with the two commands that only a demo has. */
function withAccidents(shell: Shell, members: readonly DemoMember[]): Shell {
  return {
    ...shell,
    execute(line, signal) {
      const [, what, name] = /^\s*(crash|start)\s+(\S+)\s*$/.exec(line) ?? [];
      if (what === undefined) return shell.execute(line, signal);
      const member = members.find((m) => m.name === name);
      if (!member) {
        const names = members.map((m) => m.name).join(', ');
        return { text: `% There is no member "${name}"; there are ${names}`, failed: true };
      }
      return what === 'crash' ? member.crash() : member.start();
    },
  };
}

/** Other programs may hold the ports of the demo; a few more are tried. */
const PORT_ATTEMPTS = 20;

type Common = Pick<
  DemoMemberParts,
  'clusterAddress' | 'clusterKey' | 'encrypts' | 'secrets' | 'work' | 'say' | 'webPort'
> & { readonly state: string };

/** Starts all members on the first ports that are free for all of them. */
async function startMembers(
  common: Common,
): Promise<{ readonly members: readonly DemoMember[]; readonly ports: IkePorts }> {
  let reason = '';
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const ports = demoPorts(attempt);
    const members = hosts.map((host, i) => memberOf(common, host, i, ports, attempt));
    // First up stays master: the one that nobody types at.
    for (const member of [...members].reverse()) {
      const started = await member.start();
      if (started.failed) reason = started.text;
      if (started.failed) break;
    }
    if (members.every((member) => member.runs)) return { members, ports };
    for (const member of members) await member.stop();
  }
  throw new UsageError(reason);
}

const memberOf = (common: Common, host: number, i: number, ports: IkePorts, attempt: number) =>
  new DemoMember({
    ...common,
    name: `member${i + 1}`,
    host,
    others: hosts.filter((h) => h !== host),
    outside: publicAddress(host),
    priority: host === MASTER ? 10 : 5,
    ports,
    clusterPort: CLUSTER_PORT + attempt,
    stateFolder: join(common.state, `${host}`),
    webPort: common.webPort === 0 ? 0 : common.webPort + i,
  });

export const clusterDemoProgram: Program = {
  name: 'cluster-demo',
  synopsis: '[--encryption] [--web-port PORT] [--console-socket PATH]',
  summary: 'three head-ends behind one address and three clients, on loopback, without root',
  help: `Starts everything in one process with real UDP sockets: three head-ends that share one address, a PAT,
and three built-in clients. The head-ends elect a master, which sends each client to the least-loaded one.
Take the master away with "crash NAME" and watch another take over and the clients come back. Nothing
outside 127.0.0.0/8 is touched. Passwords are made anew at each start.

  --encryption            members speak to each other in IPsec
  --web-port PORT         port of the first web console on 127.0.0.1, the others follow (default 8443)
  --console-socket PATH   also open the command line on this socket`,
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        encryption: { type: 'boolean', default: false },
        'web-port': { type: 'string', default: '8443' },
        'console-socket': { type: 'string' },
      },
    });
    const secrets = newSecrets();
    const work = new SlowWork(2);
    const state = mkdtempSync(join(tmpdir(), 'headend-demo-'));
    // What happens before the introduction is told after it.
    const early: string[] = [];
    let print = (text: string): void => void early.push(text);
    const { members, ports } = await startMembers({
      clusterAddress,
      clusterKey: newSecret(),
      encrypts: values.encryption,
      secrets,
      work,
      state,
      webPort: Number(values['web-port']),
      say: (text) => print(text),
    });
    const pat = await startDemoPat(ports, [clusterAddress, ...hosts.map(publicAddress)]);
    const clients = await startDemoClients({ secrets, ports, pat, work, host: clusterAddress });
    const [first] = members as [DemoMember, ...DemoMember[]];
    const { stopped, stop } = untilStopped();
    process.stdout.write(
      introduction(
        members,
        members.map((m) => m.webAddress),
      ),
    );
    process.stdout.write(invitation(first.name, secrets.administrator));
    const consoles = await openConsoles(
      values['console-socket'],
      (seat) => withAccidents(first.openShell(seat), members),
      stop,
      (record) => first.note(record),
    );
    print = consoles.print;
    for (const text of early) print(text);
    const legacyOf = (user: string) => members.flatMap((member) => member.legacyOf(user));
    const telling = { target: demoAddresses.insideHost, legacyOf, print: consoles.print };
    const joining = setTimeout(() => connectInTurn(clients, telling), JOIN_MS);
    const traffic = keepTraffic(clients, demoAddresses.insideHost);
    await stopped;
    clearTimeout(joining);
    clearInterval(traffic);
    await Promise.all(clients.map((client) => client.close()));
    for (const member of members) await member.stop();
    await pat.close();
    await consoles.close();
    work.close();
    rmSync(state, { recursive: true, force: true });
    process.stdout.write('The demo has ended.\n');
    return 0;
  },
};
