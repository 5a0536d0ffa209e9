import { addressBytes, addressFromBytes, type Endpoint } from '#base/address';
import { readInt32, writeUint32 } from './octets.ts';

/**
 * An endpoint as six integers, so that the packet path compares and copies it without making
 * strings. Mutable; each has one owner.
 */
export class EndpointWords {
  /** 4 or 6; 0 before the first `set`. */
  family = 0;
  port = 0;
  /** The address in network order, as signed integers; IPv4 fills `a` only. */
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  static of(endpoint: Endpoint): EndpointWords {
    const words = new EndpointWords();
    words.set(endpoint);
    return words;
  }

  set(endpoint: Endpoint): void {
    const octets = addressBytes(endpoint.address);
    this.read(octets, 0, octets.length === 4 ? 4 : 6);
    this.port = endpoint.port;
  }

  /** Takes the address of `family` at `at`; the port stays. */
  read(bytes: Uint8Array, at: number, family: 4 | 6): void {
    this.family = family;
    this.a = readInt32(bytes, at);
    this.b = family === 6 ? readInt32(bytes, at + 4) : 0;
    this.c = family === 6 ? readInt32(bytes, at + 8) : 0;
    this.d = family === 6 ? readInt32(bytes, at + 12) : 0;
  }

  /** Writes the 4 or 16 octets of the address. */
  write(bytes: Uint8Array, at: number): void {
    writeUint32(bytes, at, this.a);
    if (this.family === 4) return;
    writeUint32(bytes, at + 4, this.b);
    writeUint32(bytes, at + 8, this.c);
    writeUint32(bytes, at + 12, this.d);
  }

  /** Takes the five words at `at`: family and port, then the address. */
  load(words: Int32Array, at: number): void {
    const first = words[at] as number;
    this.family = first >>> 16;
    this.port = first & 0xffff;
    this.a = words[at + 1] as number;
    this.b = words[at + 2] as number;
    this.c = words[at + 3] as number;
    this.d = words[at + 4] as number;
  }

  /** Puts itself into the five words at `at`. */
  store(words: Int32Array, at: number): void {
    words[at] = (this.family << 16) | this.port;
    words[at + 1] = this.a;
    words[at + 2] = this.b;
    words[at + 3] = this.c;
    words[at + 4] = this.d;
  }

  copy(other: EndpointWords): void {
    this.family = other.family;
    this.port = other.port;
    this.a = other.a;
    this.b = other.b;
    this.c = other.c;
    this.d = other.d;
  }

  equals(other: EndpointWords): boolean {
    return this.port === other.port && this.sameAddress(other);
  }

  sameAddress(other: EndpointWords): boolean {
    return (
      this.a === other.a &&
      this.b === other.b &&
      this.c === other.c &&
      this.d === other.d &&
      this.family === other.family
    );
  }

  endpoint(): Endpoint {
    const octets = new Uint8Array(this.family === 4 ? 4 : 16);
    this.write(octets, 0);
    return { address: addressFromBytes(octets), port: this.port };
  }
}
