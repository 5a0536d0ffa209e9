import { connect } from 'node:net';
import type { ReadStream, WriteStream } from 'node:tty';
import { encodeFrame, encodeSize, FrameReader } from './frames.ts';

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;

export type ConsoleOptions = {
  readonly path: string;
  readonly input: Input;
  readonly output: Output;
};

function explain(path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `no headend listens on ${path}; start one, or name its socket with --socket`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to open ${path}; run as the user of the daemon`;
    default:
      return `cannot open ${path}: ${error.message}`;
  }
}

/**
 * `headend console`: joins this terminal to the command line of a running daemon until either end is
 * done. Resolves to the exit code; a failure to connect is an Error with a sentence for people.
 */
export function runConsole({ path, input, output }: ConsoleOptions): Promise<number> {
  const socket = connect(path);
  const isInteractive = input.isTTY === true && output.isTTY === true;
  const size = (): [number, number] => [output.columns ?? 80, output.rows ?? 24];
  return new Promise((resolve, reject) => {
    const reader = new FrameReader();
    let exitCode = 1;
    const type = (octets: Uint8Array) => void socket.write(encodeFrame('data', octets));
    const inputEnded = () => void socket.write(encodeFrame('end'));
    const resized = () => void socket.write(encodeSize('size', ...size()));
    const leave = () => {
      input.off('data', type);
      input.off('end', inputEnded);
      output.off('resize', resized);
      if (isInteractive) input.setRawMode?.(false);
      input.pause();
    };
    socket.on('connect', () => {
      if (isInteractive) {
        input.setRawMode?.(true);
        output.on('resize', resized);
      }
      socket.write(isInteractive ? encodeSize('interactive', ...size()) : encodeFrame('batch'));
      input.on('data', type);
      input.on('end', inputEnded);
    });
    socket.on('data', (octets) => {
      for (const { kind, body } of reader.read(octets) ?? []) {
        if (kind === 'data') output.write(body);
        if (kind === 'end') exitCode = body[0] ?? 0;
      }
    });
    socket.on('error', (error) => {
      leave();
      reject(new Error(explain(path, error)));
    });
    socket.on('close', () => {
      leave();
      resolve(exitCode);
    });
  });
}
