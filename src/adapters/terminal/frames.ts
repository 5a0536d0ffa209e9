/**
 * What a console and the daemon say to each other on the local socket: frames of a kind, a length and
 * a body. The first frame of a console is `interactive` or `batch`.
 */
export const FRAME_KINDS = {
  /** Console: a person types. Body: columns and rows, 16 bits each. */
  interactive: 1,
  /** Console: lines come from a pipe; no prompt, no paging. */
  batch: 2,
  /** Console: the size changed. Body as of `interactive`. */
  size: 3,
  /** Console: octets of the keyboard or of the pipe. Daemon: octets for the screen. */
  data: 4,
  /** Console: the pipe ended. Daemon: the session is over. Body: one octet, the exit code. */
  end: 5,
} as const;
export type FrameKind = keyof typeof FRAME_KINDS;

export type Frame = { readonly kind: FrameKind; readonly body: Uint8Array };

const HEADER_OCTETS = 5;
/** Longer bodies are split by the writer and refused by the reader. */
const LONGEST_BODY = 65_536;

const kindOf = new Map<number, FrameKind>(
  Object.entries(FRAME_KINDS).map(([name, number]) => [number, name as FrameKind]),
);

/** The octets of a frame, or of several when the body is long. */
export function encodeFrame(kind: FrameKind, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const count = Math.max(1, Math.ceil(body.length / LONGEST_BODY));
  const octets = new Uint8Array(count * HEADER_OCTETS + body.length);
  const view = new DataView(octets.buffer);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const part = body.subarray(i * LONGEST_BODY, (i + 1) * LONGEST_BODY);
    octets[at] = FRAME_KINDS[kind];
    view.setUint32(at + 1, part.length);
    octets.set(part, at + HEADER_OCTETS);
    at += HEADER_OCTETS + part.length;
  }
  return octets;
}

/** A frame with the size of a terminal. */
export function encodeSize(
  kind: 'interactive' | 'size',
  columns: number,
  rows: number,
): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint16(0, Math.min(columns, 0xffff));
  new DataView(body.buffer).setUint16(2, Math.min(rows, 0xffff));
  return encodeFrame(kind, body);
}

/** Columns and rows of a body; undefined when it is not one. */
export function decodeSize(
  body: Uint8Array,
): { readonly columns: number; readonly rows: number } | undefined {
  if (body.length !== 4) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, 4);
  return { columns: view.getUint16(0), rows: view.getUint16(2) };
}

/** Puts frames together from the pieces in which they arrive. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** The frames that are whole now; undefined when the other side does not speak this protocol. */
  read(octets: Uint8Array): Frame[] | undefined {
    const all = new Uint8Array(this.#rest.length + octets.length);
    all.set(this.#rest);
    all.set(octets, this.#rest.length);
    const view = new DataView(all.buffer);
    const frames: Frame[] = [];
    let at = 0;
    while (all.length - at >= HEADER_OCTETS) {
      const kind = kindOf.get(all[at] as number);
      const length = view.getUint32(at + 1);
      if (!kind || length > LONGEST_BODY) return undefined;
      if (all.length - at < HEADER_OCTETS + length) break;
      frames.push({ kind, body: all.slice(at + HEADER_OCTETS, at + HEADER_OCTETS + length) });
      at += HEADER_OCTETS + length;
    }
    this.#rest = all.slice(at);
    return frames;
  }
}
