import { parseArgs } from 'node:util';
import { lastingShell, withAccidents } from './cluster-demo-shell.ts';
import { type ClusterDemo, clusterAddress, startClusterDemo } from './cluster-demo-world.ts';
import { demoAddresses } from './demo-network.ts';
import { openDemoConsoles } from './demo-parts.ts';
import { CONSOLE_SOCKET } from './places.ts';
import { type Program, VERSION } from './program.ts';
import { untilStopped } from './until-stopped.ts';

const consoleOf = ({ web }: ClusterDemo): string =>
  web.address === undefined ? 'not running' : `${web.address}/monitoring/load-balancing`;

const introduction = (
  demo: ClusterDemo,
) => `headend ${VERSION}: the demo of a virtual cluster, on loopback addresses and without root

  clients       ${demoAddresses.clusterClients[0]} to ${demoAddresses.clusterClients.at(-1)}
  PAT           ${demoAddresses.patGlobal}
  cluster       ${clusterAddress}, what every client is given
${demo.members.map((m) => `  ${m.name.padEnd(12)}  ${m.outside}`).join('\n')}
  inside host   ${demoAddresses.insideHost}
  web console   ${consoleOf(demo)}
                user admin, password ${demo.secrets.administrator}
`;

const invitation = (name: string): string => `
The web console is that of the master, and goes on with another member when it is taken away.
The commands you type here are those of ${name}, such as "show vpn load-balancing"; ? helps, Tab completes.
"crash member3" takes the master away without a word, "start member3" brings it back. Ctrl-C ends the demo.
`;

export const clusterDemoProgram: Program = {
  name: 'cluster-demo',
  synopsis: '[--encryption] [--web-port PORT] [--console-socket PATH]',
  summary: 'three head-ends behind one address and nine clients, on loopback, without root',
  help: `Starts everything in one process with real UDP sockets: three head-ends that share one address, a PAT,
and nine built-in clients. The head-ends elect a master, which sends each client to the least-loaded one.
Take the master away, in the web console or with "crash NAME", and watch another take over and the
clients come back. Nothing outside 127.0.0.0/8 is touched. Passwords are made anew at each start.

  --encryption            members speak to each other in IPsec
  --web-port PORT         port of the web console on 127.0.0.1 (default 8443, or a free one)
  --console-socket PATH   socket of the command line (default ${CONSOLE_SOCKET}, where that may be opened)`,
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        encryption: { type: 'boolean', default: false },
        'web-port': { type: 'string', default: '8443' },
        'console-socket': { type: 'string' },
      },
    });
    // What happens before the introduction is told after it.
    const early: string[] = [];
    let print = (text: string): void => void early.push(text);
    const port = Number(values['web-port']);
    const demo = await startClusterDemo(
      { say: (text) => print(text), encrypts: values.encryption },
      { port, orAnyPort: true },
    );
    const { members } = demo;
    const [first] = members;
    const { stopped, stop } = untilStopped();
    process.stdout.write(introduction(demo));
    process.stdout.write(invitation(first.name));
    const consoles = await openDemoConsoles(
      values['console-socket'],
      (seat) => withAccidents(lastingShell(first, seat), members),
      stop,
      (record) => first.note(record),
    );
    print = consoles.print;
    for (const text of early) print(text);
    demo.connect(consoles.print);
    await stopped;
    await demo.close();
    await consoles.close();
    process.stdout.write('The demo has ended.\n');
    return 0;
  },
};
