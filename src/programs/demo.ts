import { parseArgs } from 'node:util';
import { SlowWork } from '#adapters/device-runner';
import { now } from '#adapters/machine-clock';
import { formatDiagnostic } from '#config/diagnostic';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { type DemoSecrets, demoAddresses, demoConfiguration, demoPorts } from './demo-network.ts';
import { newSecrets, openDemoConsoles, startDemoClients, startDemoPat } from './demo-parts.ts';
import { connectInTurn, keepTraffic } from './demo-story.ts';
import { HeadEndConsole } from './head-end-console.ts';
import { type HeadEndProcess, startHeadEnd } from './head-end-process.ts';
import type { IkePorts } from './listening.ts';
import { openManagement } from './management.ts';
import { CONSOLE_SOCKET } from './places.ts';
import { type Program, UsageError, VERSION } from './program.ts';
import { untilStopped } from './until-stopped.ts';

/** Other programs may hold the ports of the demo; a few more are tried. */
const PORT_ATTEMPTS = 20;

async function startDemoHeadEnd(
  secrets: DemoSecrets,
  work: SlowWork,
): Promise<{ readonly headEnd: HeadEndProcess; readonly ports: IkePorts }> {
  const parsed = parseListing(grammar, demoConfiguration(secrets));
  const [wrong] = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (wrong) throw new Error(formatDiagnostic('demo', wrong));
  const { configuration } = parsed;
  const { headEndInside, insideHost } = demoAddresses;
  let reason = '';
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const ports = demoPorts(attempt);
    const started = await startHeadEnd({
      configuration,
      work,
      ports,
      inside: {
        kind: 'memory',
        connect: (send) => new InsideHost([headEndInside, insideHost], send),
      },
    });
    if (started.ok) return { headEnd: started.value, ports };
    reason = started.error;
  }
  throw new UsageError(reason);
}

const introduction = (ports: IkePorts): string => {
  const { clients, patGlobal, headEnd, insideHost } = demoAddresses;
  return `headend ${VERSION}: the demo, on loopback addresses and without root

  clients       ${clients.join(', ')}
  PAT           ${patGlobal}
  head-end      ${headEnd}, UDP ports ${ports.isakmp} and ${ports.natTraversal}
  inside host   ${insideHost}
`;
};

const invitation = (
  web: string | undefined,
  password: string,
): string => `  web console   ${web ?? 'not running'}
                user admin, password ${password}

Type commands here, such as "show vpn-sessiondb"; ? helps, Tab completes. Ctrl-C ends the demo.
`;

export const demoProgram: Program = {
  name: 'demo',
  synopsis: '[--web-port PORT] [--console-socket PATH]',
  summary: 'a head-end, a PAT and three clients on loopback addresses, without root',
  help: `Starts everything in one process with real UDP sockets: a head-end, a PAT, and three built-in clients
behind its one address, which log in, get addresses and ping a host inside. Nothing outside 127.0.0.0/8 is
touched. The configuration permits old algorithms, as the clients of old need them, and every session that
uses one carries a badge. Passwords are made anew at each start.

  --web-port PORT         port of the web console on 127.0.0.1 (default 8443, or a free one)
  --console-socket PATH   socket of the command line (default ${CONSOLE_SOCKET}, where that may be opened)`,
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { 'web-port': { type: 'string' }, 'console-socket': { type: 'string' } },
    });
    const secrets = newSecrets();
    const work = new SlowWork(2);
    const { headEnd, ports } = await startDemoHeadEnd(secrets, work);
    const headEndConsole = new HeadEndConsole(headEnd, undefined, work.scrypt);
    void headEndConsole.sealPasswords();
    const pat = await startDemoPat(ports, [demoAddresses.headEnd]);
    const clients = await startDemoClients({
      secrets,
      ports,
      pat,
      work,
      host: demoAddresses.headEnd,
    });
    const webPort = values['web-port'] === undefined ? undefined : Number(values['web-port']);
    const web = await openManagement(headEndConsole, headEnd, work.scrypt, {
      port: webPort ?? 8443,
      orAnyPort: webPort === undefined,
    });
    const { stopped, stop } = untilStopped();
    process.stdout.write(introduction(ports));
    process.stdout.write(invitation(web.address, secrets.administrator));
    const consoles = await openDemoConsoles(
      values['console-socket'],
      (seat) => headEndConsole.openShell(seat),
      stop,
      (record) => headEnd.device.note(record, now()),
    );
    const { sessions } = headEnd.device;
    const telling = {
      target: demoAddresses.insideHost,
      legacyOf: (user: string) => sessions.ofUser(user).flatMap((s) => s.legacy),
      print: consoles.print,
    };
    connectInTurn(clients, telling);
    const traffic = keepTraffic(clients, demoAddresses.insideHost);
    await stopped;
    clearInterval(traffic);
    await Promise.all(clients.map((client) => client.close()));
    await web.close();
    await headEnd.close();
    await pat.close();
    await consoles.close();
    work.close();
    process.stdout.write('The demo has ended.\n');
    return 0;
  },
};
