import { randomFillSync } from 'node:crypto';
import type { RandomSource } from '#base/random';

/** Random octets are drawn from the operating system this many at a time. */
const POOL_OCTETS = 16_384;

/** The random source of the operating system; small requests are cut from a pool, each octet once. */
export class MachineRandom implements RandomSource {
  #pool = new Uint8Array(0);
  #used = 0;

  bytes(count: number): Uint8Array {
    if (count > POOL_OCTETS / 4) return randomFillSync(new Uint8Array(count));
    if (this.#used + count > this.#pool.length) {
      this.#pool = randomFillSync(new Uint8Array(POOL_OCTETS));
      this.#used = 0;
    }
    const octets = this.#pool.slice(this.#used, this.#used + count);
    this.#pool.fill(0, this.#used, this.#used + count);
    this.#used += count;
    return octets;
  }
}
