/**
 * Which sequence numbers of one sender were received: the highest, and the 64 before it as two halves
 * of 32 bits, of which bit 0 of `recent` is the highest itself. RFC 4303 section 3.4.3 has the rule.
 */
export type ReplayWindow = {
  readonly top: number;
  readonly recent: number;
  readonly older: number;
};

/** Numbers that are told apart; what is further behind is refused. */
export const REPLAY_WINDOW = 64;

export const emptyWindow: ReplayWindow = { top: 0, recent: 0, older: 0 };

/** Whether a datagram with this number is new. */
export function admits({ top, recent, older }: ReplayWindow, sequence: number): boolean {
  if (sequence > top) return true;
  const behind = top - sequence;
  if (behind >= REPLAY_WINDOW) return false;
  const half = behind < 32 ? recent : older;
  return (half & (1 << (behind & 31))) === 0;
}

/** The window after an authentic datagram with a number that it admits. */
export function record(window: ReplayWindow, sequence: number): ReplayWindow {
  const { top, recent, older } = window;
  if (sequence <= top) {
    const behind = top - sequence;
    const bit = 1 << (behind & 31);
    return behind < 32
      ? { top, recent: (recent | bit) >>> 0, older }
      : { top, recent, older: (older | bit) >>> 0 };
  }
  const shift = sequence - top;
  if (shift >= REPLAY_WINDOW) return { top: sequence, recent: 1, older: 0 };
  if (shift >= 32)
    return {
      top: sequence,
      recent: 1,
      older: shift === 32 ? recent : (recent << (shift - 32)) >>> 0,
    };
  return {
    top: sequence,
    recent: ((recent << shift) | 1) >>> 0,
    older: ((older << shift) | (recent >>> (32 - shift))) >>> 0,
  };
}
