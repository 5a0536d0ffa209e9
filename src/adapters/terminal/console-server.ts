import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { BatchConsole } from './batch-console.ts';
import { decodeSize, encodeFrame, type Frame, FrameReader } from './frames.ts';
import type { Shell } from './shell.ts';
import { Terminal } from './terminal.ts';

/** Consoles at once; whoever may open the socket may administer the device, so this is no defence. */
const MOST_CONSOLES = 32;
/** Output that waits for a console that does not read; events beyond it are not shown there. */
const MOST_UNREAD_OCTETS = 1024 * 1024;

/** Why the socket cannot be opened, in a sentence that says what to do. */
export class ConsoleSocketError extends Error {
  override readonly name = 'ConsoleSocketError';
}

/** Told of the consoles where a person types; what a script changes is told by its changes. */
export type ConsoleWatch = {
  opened(name: string): void;
  closed(name: string): void;
};

type Session = { print(text: string): void; close(): void };

/** The command line on a local socket of mode 0600, for any number of consoles at once. */
export class ConsoleServer {
  readonly #server: Server;
  readonly #makeShell: (name: string) => Shell;
  readonly #watch: ConsoleWatch | undefined;
  #begun = 0;
  readonly #sessions = new Set<Session>();

  private constructor(server: Server, makeShell: (name: string) => Shell, watch?: ConsoleWatch) {
    this.#server = server;
    this.#makeShell = makeShell;
    this.#watch = watch;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /**
   * Opens the socket at `path`, in the place of one that a dead process left there. A shell is made with
   * the name of its console, such as `console 3`.
   */
  static async open(
    path: string,
    makeShell: (name: string) => Shell,
    watch?: ConsoleWatch,
  ): Promise<ConsoleServer> {
    const server = createServer();
    const console = new ConsoleServer(server, makeShell, watch);
    try {
      // Its own folder, not those above: what is missing there is a mistake in the path.
      if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
      await listenPrivately(server, path);
    } catch (error) {
      throw new ConsoleSocketError(explain(path, error as NodeJS.ErrnoException));
    }
    return console;
  }

  /** Shows lines on every console where a person types. */
  print(text: string): void {
    for (const session of this.#sessions) session.print(text);
  }

  /** Ends every session and removes the socket. */
  close(): Promise<void> {
    for (const session of this.#sessions) session.close();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const reader = new FrameReader();
    let session: (Session & { frame(frame: Frame): void }) | undefined;
    const drop = () => {
      if (session) this.#sessions.delete(session);
      session?.close();
      socket.destroy();
    };
    socket.on('error', drop);
    socket.on('close', drop);
    if (this.#sessions.size >= MOST_CONSOLES) {
      socket.end(encodeFrame('data', encode('% Too many consoles are open.\r\n')));
      return;
    }
    socket.on('data', (octets) => {
      const frames = reader.read(octets);
      if (!frames) return drop();
      for (const frame of frames) {
        if (session) {
          session.frame(frame);
          continue;
        }
        session = this.#begin(frame, socket);
        if (!session) return drop();
        this.#sessions.add(session);
      }
    });
  }

  #nextName(kind: 'console' | 'script'): string {
    this.#begun += 1;
    return `${kind} ${this.#begun}`;
  }

  #begin(first: Frame, socket: Socket): (Session & { frame(frame: Frame): void }) | undefined {
    const size = decodeSize(first.body);
    if (first.kind === 'interactive' && size) {
      const name = this.#nextName('console');
      this.#watch?.opened(name);
      socket.once('close', () => this.#watch?.closed(name));
      return interactive(socket, this.#makeShell(name), size);
    }
    if (first.kind === 'batch') return batch(socket, this.#makeShell(this.#nextName('script')));
    return undefined;
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const finish = (socket: Socket, exitCode: number): void => {
  socket.end(encodeFrame('end', new Uint8Array([exitCode])));
};

function interactive(socket: Socket, shell: Shell, size: { columns: number; rows: number }) {
  const terminal = new Terminal({
    shell,
    ...size,
    write: (text) => void socket.write(encodeFrame('data', encode(text))),
    ended: () => finish(socket, 0),
  });
  terminal.start();
  return {
    frame({ kind, body }: Frame) {
      const changed = kind === 'size' ? decodeSize(body) : undefined;
      if (changed) terminal.resize(changed.columns, changed.rows);
      if (kind === 'data') terminal.input(body);
      if (kind === 'end') finish(socket, 0);
    },
    print(text: string) {
      if (socket.writableLength < MOST_UNREAD_OCTETS) terminal.print(text);
    },
    close() {
      terminal.close();
      if (!socket.writableEnded) finish(socket, 0);
    },
  };
}

function batch(socket: Socket, shell: Shell) {
  const write = async (text: string): Promise<void> => {
    if (socket.write(encodeFrame('data', encode(text)))) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        socket.off('drain', goOn);
        socket.off('close', goOn);
        resolve();
      };
      socket.on('drain', goOn);
      socket.on('close', goOn);
    });
  };
  const lines = new BatchConsole({
    shell,
    write,
    idle: () => void socket.resume(),
    ended: (exitCode) => finish(socket, exitCode),
  });
  return {
    frame({ kind, body }: Frame) {
      if (kind === 'data') lines.input(body);
      if (kind === 'end') lines.end();
      if (lines.isBusy) socket.pause();
    },
    print: () => undefined,
    close() {
      lines.close();
      if (!socket.writableEnded) finish(socket, 1);
    },
  };
}

/** Listens on a socket that is never open to others, not even between its making and a chmod. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      const before = process.umask(0o177);
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      process.umask(before);
    });
  try {
    await listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (!lstatSync(path).isSocket())
      throw Object.assign(new Error('no socket'), { code: 'ENOTSOCK' });
    if (await isAnswered(path)) throw error;
    rmSync(path);
    await listen();
  }
  chmodSync(path, 0o600);
}

/** Whether a living process listens on the socket. */
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Any other answer means that somebody is there, if only too busy or not for us.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });

function explain(path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `another headend listens on ${path}; stop it, or choose another --console-socket`;
    case 'ENOTSOCK':
      return `${path} is there already and no socket; choose another --console-socket`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `no permission to make ${path}; choose another --console-socket, or run as its owner`;
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no folder for ${path}; make it, or choose another --console-socket`;
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `${path} is too long for a socket; choose a shorter --console-socket`;
    default:
      return `cannot listen on ${path}: ${error.message}`;
  }
}
