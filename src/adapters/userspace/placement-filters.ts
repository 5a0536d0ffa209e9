import type { Arena } from '#base/arena';
import type { Sys } from './sys.ts';

/**
 * Programs of the classic BPF machine that take an ESP packet to the worker its SPI belongs to, so
 * that nobody has to hand it over; they compute what `workerOf` does. linux/bpf_common.h.
 */
type Instruction = readonly [code: number, jumpIf: number, jumpIfNot: number, value: number];

const LOAD_BYTE = 0x30;
const LOAD_BYTE_BEHIND_X = 0x50;
const LOAD_LENGTH = 0x80;
const LOAD_X = 0x01;
/** X becomes the length of the IPv4 header at an offset. */
const LOAD_X_HEADER_OCTETS = 0xb1;
const SUBTRACT_X = 0x1c;
const MODULO = 0x94;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const RETURN_A = 0x16;

const EVERYTHING = 0xffffffff;
const NOTHING = 0;
/** Where the octet of the SPI lies that decides. */
const LAST_OF_SPI = 3;
const SPI_OCTETS = 4;

const INSTRUCTION_OCTETS = 8;
/** `struct sock_fprog`: the number of instructions, and where they are. */
const PROGRAM_OCTETS = 16;

/**
 * For a group of UDP sockets, one of each worker: the number of the socket that gets a datagram. What is
 * no ESP begins with zeros or is too short, and goes to the first.
 */
export const datagramPlacement = (workers: number): readonly Instruction[] => [
  [LOAD_BYTE, 0, 0, LAST_OF_SPI],
  [MODULO, 0, 0, workers],
  [RETURN_A, 0, 0, 0],
];

/**
 * For the raw socket of one worker; each of them sees all packets. Those of IPv4 begin with their
 * header. What is too short goes to the first.
 */
export function rawPlacement(
  family: 4 | 6,
  worker: number,
  workers: number,
): readonly Instruction[] {
  const header: Instruction = family === 4 ? [LOAD_X_HEADER_OCTETS, 0, 0, 0] : [LOAD_X, 0, 0, 0];
  return [
    header,
    [LOAD_LENGTH, 0, 0, 0],
    [SUBTRACT_X, 0, 0, 0],
    [JUMP_IF_AT_LEAST, 0, worker === 0 ? 3 : 4, SPI_OCTETS],
    [LOAD_BYTE_BEHIND_X, 0, 0, LAST_OF_SPI],
    [MODULO, 0, 0, workers],
    [JUMP_IF_EQUAL, 0, 1, worker],
    [RETURN, 0, 0, EVERYTHING],
    [RETURN, 0, 0, NOTHING],
  ];
}

/** Writes a program as `setsockopt` wants it, which reads it before another arena is made. */
export function assemble(sys: Sys, program: readonly Instruction[]): Arena {
  const arena = sys.arena(PROGRAM_OCTETS + program.length * INSTRUCTION_OCTETS);
  const view = new DataView(arena.bytes.buffer);
  view.setUint16(0, program.length, true);
  view.setBigUint64(8, BigInt(arena.pointer + PROGRAM_OCTETS), true);
  for (const [i, [code, jumpIf, jumpIfNot, value]] of program.entries()) {
    const at = PROGRAM_OCTETS + i * INSTRUCTION_OCTETS;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jumpIf);
    view.setUint8(at + 3, jumpIfNot);
    view.setUint32(at + 4, value, true);
  }
  return arena;
}

export const PLACEMENT_PROGRAM_OCTETS = PROGRAM_OCTETS;
