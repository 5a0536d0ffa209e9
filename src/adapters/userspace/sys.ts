import { getSystemErrorName } from 'node:util';
import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import { err, ok, type Result } from '#base/result';
import { type OpenSsl, openssl } from '../openssl.ts';

/** What Linux answers who reads a TUN interface that is gone; errno.h. */
const EBADFD = 77;

/** Everything that is asked of the C library and of OpenSSL; pointers are numbers below 2^53. */
export type Sys = {
  /** The error of the last call that failed, such as `EAGAIN`'s number. */
  errno(): number;
  /**
   * Memory whose address does not change for as long as the arena is referenced, and until
   * `RECENT_ARENAS` more were made: the kernel may be given the pointer of one that nobody needs later.
   */
  arena(octets: number): Arena;
  /**
   * Memory for what is done with every packet, zeroed, whose addresses are small integers wherever the
   * machine has such addresses free: handing over a larger number would allocate. Stays until
   * `munmap`, and a worker's until `settle`.
   */
  memory(octets: number): Arena;
  munmap(pointer: number, octets: number): number;
  /** Memory that another thread got from `memory`, which both see from now on. */
  share(pointer: number, octets: number): Arena;
  memcpy(to: number, from: number, octets: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: number, octets: number): number;
  connect(fd: number, address: number, octets: number): number;
  setsockopt(fd: number, level: number, name: number, value: number, octets: number): number;
  getsockopt(fd: number, level: number, name: number, value: number, octets: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  open(path: string, flags: number): number;
  read(fd: number, buffer: number, octets: number): number;
  write(fd: number, buffer: number, octets: number): number;
  poll(fds: number, count: number, timeoutMs: number): number;
  ioctl(fd: number, request: number, argument: number): number;
  eventfd(initial: number, flags: number): number;
  close(fd: number): number;
  unshare(flags: number): number;
  setns(fd: number, kind: number): number;
  /** Calls `ready` from the event loop whenever there is something to read, as long as the watch is kept. */
  watch(fd: number, ready: () => void): Watch;
  openssl: OpenSsl;
};

export type Watch = { close(): void };

/** Arguments of a call are made just before it, one or two at a time. */
export const RECENT_ARENAS = 8;

type Koffi = Pick<typeof import('koffi'), 'load' | 'node' | 'address'>;
type Library = ReturnType<Koffi['load']>;

/** mman.h of Linux. MAP_FIXED_NOREPLACE: where we say, unless something is there. */
const PROT_READ_WRITE = 0x3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_FIXED_NOREPLACE = 0x100000;
/** V8 keeps integers of up to 32 bits, with their sign, within the reference. */
const SMALL_INTEGERS_END = 2 ** 31;
/** Leaves the heap of C, which begins below, room to grow. */
const LEAST_ADDRESS = 2 ** 30;
const PAGE_OCTETS = 65_536;
const MOST_POINTER = 2 ** 47;

/** A pointer is a plain integer for koffi: no conversion, and no allocation, at each call. */
const POINTER = 'uintptr_t';

function libc(
  lib: Library,
): Omit<Sys, 'errno' | 'arena' | 'memory' | 'share' | 'watch' | 'openssl'> {
  const p = POINTER;
  return {
    memcpy: lib.func('memcpy', p, [p, p, 'size_t']),
    socket: lib.func('socket', 'int', ['int', 'int', 'int']),
    bind: lib.func('bind', 'int', ['int', p, 'uint']),
    connect: lib.func('connect', 'int', ['int', p, 'uint']),
    getsockopt: lib.func('getsockopt', 'int', ['int', 'int', 'int', p, p]),
    setsockopt: lib.func('setsockopt', 'int', ['int', 'int', 'int', p, 'uint']),
    recvmmsg: lib.func('recvmmsg', 'int', ['int', p, 'uint', 'int', p]),
    sendmmsg: lib.func('sendmmsg', 'int', ['int', p, 'uint', 'int']),
    open: lib.func('open', 'int', ['str', 'int']),
    read: lib.func('read', 'long', ['int', p, 'size_t']),
    write: lib.func('write', 'long', ['int', p, 'size_t']),
    poll: lib.func('poll', 'int', [p, 'ulong', 'int']),
    ioctl: lib.func('ioctl', 'int', ['int', 'ulong', p]),
    eventfd: lib.func('eventfd', 'int', ['uint', 'int']),
    close: lib.func('close', 'int', ['int']),
    unshare: lib.func('unshare', 'int', ['int']),
    setns: lib.func('setns', 'int', ['int', 'int']),
    munmap: lib.func('munmap', 'int', [p, 'size_t']),
  };
}

/** Maps `octets` octets, below `SMALL_INTEGERS_END` if there is room; the address. */
function mapper(lib: Library): (octets: number) => number {
  const p = POINTER;
  const mmap = lib.func('mmap', p, [p, 'size_t', 'int', 'int', 'int', 'long']);
  const flags = MAP_PRIVATE_ANONYMOUS;
  return (octets) => {
    for (let at = LEAST_ADDRESS; at + octets <= SMALL_INTEGERS_END; at += octets) {
      const pointer = mmap(at, octets, PROT_READ_WRITE, flags | MAP_FIXED_NOREPLACE, -1, 0);
      if (pointer < MOST_POINTER) return pointer;
    }
    const pointer = mmap(0, octets, PROT_READ_WRITE, flags, -1, 0);
    assert(pointer < MOST_POINTER, 'the machine has no memory left for packets');
    return pointer;
  };
}

/** Makes arenas, and keeps the most recent ones. */
function arenas(koffi: Koffi): Sys['arena'] {
  const recent: Uint32Array[] = [];
  let made = 0;
  return (octets) => {
    const words = new Uint32Array(new SharedArrayBuffer(4 * Math.ceil(octets / 4)));
    const bytes = new Uint8Array(words.buffer);
    recent[made % RECENT_ARENAS] = words;
    made += 1;
    return { bytes, words, pointer: Number(koffi.address(bytes)) };
  };
}

function watch(koffi: Koffi, fd: number, ready: () => void): Watch {
  // libuv passes a status first, whatever the types say: not 0 for an error of the interface (down,
  // gone), which ends the watch, and which the kernel forgets once it was read.
  const wake = (status: unknown): void => {
    ready();
    if (status !== 0) poll.start({ readable: true }, wake);
  };
  const poll = koffi.node.poll(fd, { readable: true }, wake);
  return poll;
}

/** Finds the functions in the running program; the error is one line for people. */
export async function loadSys(): Promise<Result<Sys, string>> {
  try {
    const koffi = (await import('koffi')).default;
    // Nothing but the program itself: the system's libcrypto would mix with the one inside node.
    const lib = koffi.load(null);
    const map = mapper(lib);
    const share = (pointer: number, octets: number): Arena => {
      const words = new Uint32Array(koffi.view(pointer, octets));
      return { bytes: new Uint8Array(words.buffer), words, pointer };
    };
    return ok({
      ...libc(lib),
      openssl: openssl(lib),
      watch: (fd, ready) => watch(koffi, fd, ready),
      errno: () => koffi.errno(),
      arena: arenas(koffi),
      memory: (octets) => {
        const whole = PAGE_OCTETS * Math.ceil(octets / PAGE_OCTETS);
        return share(map(whole), whole);
      },
      share,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return err(
      `interfaces and their packets need koffi, which cannot be loaded (${reason}): run \`npm ci\` on Linux x64 or arm64`,
    );
  }
}

/** The name of an error number, such as `EADDRINUSE`. Node does not know the one of a TUN interface that is gone. */
export const errorName = (errno: number): string =>
  errno === EBADFD ? 'EBADFD' : getSystemErrorName(-errno);
