import { parseArgs } from 'node:util';
import { dismissWorkers, prepareWorkers } from '#adapters/userspace/worker-thread';
import { MOST_WORKERS } from '#dataplane/sa-placement';
import { CONSOLE_SOCKET, STATE_FOLDER } from './places.ts';
import { type Program, UsageError } from './program.ts';

/** What the command line of `run` says. */
export type RunWanted = {
  readonly file: string;
  readonly dialect: string | undefined;
  readonly keepUnknown: boolean;
  /** `HW=LINUX` each. */
  readonly interfaces: readonly string[];
  readonly consoleSocket: string;
  readonly tunName: string;
  readonly mtu: number;
  readonly workers: number;
  readonly inside: 'userspace' | 'memory';
  readonly webPort: number | undefined;
  readonly stateFolder: string;
};

/** See docs/decisions/004. */
const DEFAULT_WORKERS = 1;

function integerOption(name: string, text: string, low: number, high: number): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < low || n > high)
    throw new UsageError(`${name} takes a number from ${low} to ${high}`);
  return n;
}

export const runProgram: Program = {
  name: 'run',
  synopsis: 'FILE [OPTIONS]',
  summary: 'run the head-end, or the PAT box, that a configuration describes',
  help: `Reads FILE (ASA or PIX dialect), refuses it with line numbers when something in it is wrong, and runs
it until Ctrl-C. A configuration that enables IKE on an interface is a head-end; one that only translates
is a PAT box. Needs root, or CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE.

  --console-socket PATH   socket of the command line (default ${CONSOLE_SOCKET})
  --web-port PORT         web console on 127.0.0.1 (default 8443; 0 for none)
  --tun NAME              name of the TUN interface towards the inside (default headend0)
  --mtu OCTETS            MTU of the TUN interface (default 1400)
  --workers N             threads that move packets, 1 to ${MOST_WORKERS} (default ${DEFAULT_WORKERS})
  --inside memory         no TUN: the inside network is within this process, for a trial without root
  --state FOLDER          what a member of a cluster must not forget (default ${STATE_FOLDER})
  --interface HW=LINUX    Linux name of an interface of a PAT box, such as ethernet0=eth0; may be repeated
  --dialect D             read FILE as asa, pix or ios
  --keep-unknown          lines that are not understood are kept without effect, each with a warning

IKE has the UDP ports 500 and 4500 of the addresses in FILE; these are no option, since clients know no others.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'console-socket': { type: 'string', default: CONSOLE_SOCKET },
        'web-port': { type: 'string', default: '8443' },
        tun: { type: 'string', default: 'headend0' },
        mtu: { type: 'string', default: '1400' },
        workers: { type: 'string', default: String(DEFAULT_WORKERS) },
        inside: { type: 'string', default: 'userspace' },
        state: { type: 'string', default: STATE_FOLDER },
        interface: { type: 'string', multiple: true, default: [] },
        dialect: { type: 'string' },
        'keep-unknown': { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('run takes one FILE');
    const { inside } = values;
    if (inside !== 'userspace' && inside !== 'memory')
      throw new UsageError('--inside takes userspace or memory');
    const webPort = integerOption('--web-port', values['web-port'], 0, 65_535);
    const wanted: RunWanted = {
      file,
      dialect: values.dialect,
      keepUnknown: values['keep-unknown'],
      interfaces: values.interface,
      consoleSocket: values['console-socket'],
      tunName: values.tun,
      mtu: integerOption('--mtu', values.mtu, 576, 9000),
      workers: integerOption('--workers', values.workers, 1, MOST_WORKERS),
      inside,
      webPort: webPort === 0 ? undefined : webPort,
      stateFolder: values.state,
    };
    // The threads and the rest of this program load at the same time.
    if (inside === 'userspace') prepareWorkers(wanted.workers);
    try {
      return await (await import('./run-file.ts')).runFile(wanted);
    } finally {
      dismissWorkers();
    }
  },
};
