/** Where the commands of a page run: a folder of their own and, for root, network namespaces of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { searchPath } from '../labs/runner/programs.ts';
import { missingLine } from './guide.ts';

const repository = join(import.meta.dirname, '..');
const pollMs = 100;
const patienceMs = 60_000;

/** The way to this clone for users who may not enter the folders above it. */
const open = '/run/clone';

/**
 * What the first process of a world with root does. The world has no network but what is built in it;
 * /run is empty, for namespaces and sockets; nothing reaches the name servers of the machine. $0 is
 * this clone. udev opens the TUN device to every user; where no udev runs, the world does it for itself.
 */
const prepare = [
  'set -e',
  'mount -t tmpfs tmpfs /run',
  'touch /run/resolv.conf',
  'if [ -e /etc/resolv.conf ]; then mount --bind /run/resolv.conf /etc/resolv.conf; fi',
  `mkdir ${open}`,
  `mount --bind "$0" ${open}`,
  'if [ "$(stat -c %a /dev/net/tun)" != 666 ]; then',
  '  mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200',
  'fi',
  'ip link set lo up',
  'echo ready',
  'exec sleep infinity',
].join('\n');

type Terminal = { readonly child: ChildProcess; output: string };

export class GuideWorld {
  /** The reader's clone, as far as the pages speak of it, and whatever the commands write. */
  readonly folder = mkdtempSync(join(tmpdir(), 'headend-guide-'));
  readonly #terminals = new Map<string, Terminal>();
  /** What the shells of the reader know by name. */
  readonly variables: NodeJS.ProcessEnv;
  #guardian: ChildProcess | undefined;
  /** The first process of the world's namespaces; undefined for a world without any. */
  #inhabitant: string | undefined;

  constructor() {
    const programs = join(this.folder, 'programs');
    mkdirSync(programs);
    const clone = `clone=${open}; [ -e $clone ] || clone="${repository}"`;
    const node = process.execPath.replace(repository, '$clone');
    const script = `#!/bin/sh\n${clone}\nexec "${node}" "$clone/src/main.ts" "$@"\n`;
    chmodSync(this.folder, 0o755);
    writeFileSync(join(programs, 'headend'), script, { mode: 0o755 });
    for (const name of ['docs', 'packaging']) {
      if (existsSync(join(repository, name)))
        symlinkSync(join(repository, name), join(this.folder, name));
    }
    this.#goTo(this.folder);
    this.variables = {
      ...process.env,
      HOME: this.folder,
      PATH: `${programs}:${searchPath}`,
    };
  }

  /** Puts everything that follows into namespaces of its own, which end with this process. */
  async enterNamespaces(): Promise<void> {
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const first = ['sh', '-c', prepare, repository];
    const command = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...first];
    const guardian = spawn('setpriv', command, {
      env: this.variables,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#guardian = guardian;
    process.on('exit', this.#emergency);
    await once(guardian.stdout, 'data');
    const children = `/proc/${guardian.pid}/task/${guardian.pid}/children`;
    this.#inhabitant = readFileSync(children, 'utf8').trim();
  }

  /** Runs the commands of a block to their end; the next ones go on in the folder where these ended. */
  async run(commands: string): Promise<{ readonly status: number; readonly output: string }> {
    const terminal = this.#spawn(`${commands}\npwd > "${this.#folderFile}"`);
    const timer = setTimeout(() => signalGroup(terminal.child, 'SIGKILL'), patienceMs);
    const [code] = (await once(terminal.child, 'close')) as [number | null];
    clearTimeout(timer);
    return { status: code ?? 128, output: terminal.output };
  }

  /** Starts what goes on in a terminal of its own. */
  start(name: string, command: string): void {
    this.#terminals.set(name, this.#spawn(command));
  }

  /** Waits until a terminal shows these lines; answers with the one it did not show in time. */
  async awaitLines(name: string, lines: string): Promise<string | undefined> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const missing = missingLine(lines, this.output(name));
      if (missing === undefined || performance.now() > giveUpAt) return missing;
      await sleep(pollMs);
    }
  }

  output(name: string): string {
    return this.#terminal(name).output;
  }

  /** What every terminal shows, for the error that says what is missing in one of them. */
  outputs(): string {
    return [...this.#terminals].map(([name, { output }]) => `--- ${name}\n${output}`).join('\n');
  }

  /** Ends what runs in a terminal, as Ctrl-C does. */
  async interrupt(name: string): Promise<void> {
    const { child } = this.#terminal(name);
    this.#terminals.delete(name);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    signalGroup(child, 'SIGINT');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), patienceMs);
    await ended;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    for (const name of [...this.#terminals.keys()].reverse()) await this.interrupt(name);
    if (this.#guardian) {
      process.off('exit', this.#emergency);
      const ended = once(this.#guardian, 'close');
      this.#guardian.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  readonly #emergency = (): void => void this.#guardian?.kill('SIGKILL');

  get #folderFile(): string {
    return join(this.folder, 'programs/folder');
  }

  #goTo(folder: string): void {
    writeFileSync(this.#folderFile, `${folder}\n`);
  }

  #terminal(name: string): Terminal {
    const terminal = this.#terminals.get(name);
    if (!terminal) throw new Error(`nothing was started in a terminal called ${name}`);
    return terminal;
  }

  #spawn(commands: string): Terminal {
    const text = `cd "$(cat "${this.#folderFile}")"\n${commands}`;
    // Lines come as they are written, as in a terminal.
    const shell = ['stdbuf', '-oL', 'sh', '-e', '-c', text];
    const enter = ['nsenter', '--target', this.#inhabitant ?? '', '--net', '--mount', '--pid'];
    const [file = '', ...args] = this.#inhabitant === undefined ? shell : [...enter, ...shell];
    const child = spawn(file, args, {
      cwd: this.folder,
      env: this.variables,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const terminal: Terminal = { child, output: '' };
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        terminal.output += text;
      });
    return terminal;
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group ended by itself.
  }
}
