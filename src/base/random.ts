/** Where random octets come from: the operating system in production, a seed in the simulator. */
export type RandomSource = {
  /** `count` unpredictable octets in a new array. */
  bytes(count: number): Uint8Array;
};

/** A random 32-bit number that `accept` agrees with, such as an SPI or a message id. */
export function randomUint32(random: RandomSource, accept: (value: number) => boolean): number {
  for (;;) {
    const b = random.bytes(4);
    const value = new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
    if (accept(value)) return value;
  }
}
