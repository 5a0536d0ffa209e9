import type { DataPlaneReport } from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import type { PathReport } from '#dataplane/path-report';

/** What a report has in one place; a longer datagram takes several, one after the other. */
export const PLACE_OCTETS = 512;
const PLACE_WORDS = PLACE_OCTETS / 4;

/** Words before the places, a cache line for each. */
const HEAD = 0;
const TAIL = 16;
/** 1 while the reader wants to be told of the next report. */
const LISTENS = 32;
const FIRST_PLACE = 48;

/** Words of a report; the octets of a datagram follow. */
const WORD = { places: 0, kind: 1, spi: 2, octets: 3, marks: 4, family: 5, local: 6, remote: 11 };
const HEADER_OCTETS = 64;

const KINDS = [
  'none',
  'datagram',
  'keepalive',
  'inboundActive',
  'peerMoved',
  'expiring',
  'expired',
  'unknownSpi',
] as const;
/** No report, but the rest of the ring before its beginning. */
const NONE = 0;

const MARK = { encapsulated: 1, first: 2, again: 4, outbound: 8 };

/** Memory for a ring of `places` places; what no report ever lay in is never touched. */
export const reportMemory = (places: number): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * FIRST_PLACE + places * PLACE_OCTETS);

/** How many places a report takes on its way. */
export const placesOf = (report: PathReport): number =>
  report.kind === 'datagram' ? Math.ceil((HEADER_OCTETS + report.bytes.length) / PLACE_OCTETS) : 1;

/** What both ends of a ring have: a worker writes reports to it, and the main thread reads them. */
abstract class ReportRing {
  protected readonly words: Int32Array;
  protected readonly bytes: Uint8Array;
  protected readonly places: number;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
    this.places = (this.words.length - FIRST_PLACE) / PLACE_WORDS;
  }

  /** Where a place begins, in words. */
  protected wordOf(place: number): number {
    return FIRST_PLACE + place * PLACE_WORDS;
  }
}

/** The worker's end. */
export class ReportWriter extends ReportRing {
  /** Where the next report goes. */
  #write: number;
  #isClaimed = false;

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    this.#write = Atomics.load(this.words, TAIL);
  }

  /** Places that are taken by what the reader has not dealt with. */
  get taken(): number {
    const ahead = this.#write - Atomics.load(this.words, HEAD);
    return ahead < 0 ? ahead + this.places : ahead;
  }

  /** Writes a report, which `publish` shows to the reader; false when there is no room. */
  put(report: PathReport): boolean {
    this.#claim();
    const need = placesOf(report);
    const untilEnd = this.places - this.#write;
    const skipped = need > untilEnd ? untilEnd : 0;
    // One stays free, so that a full ring does not look like an empty one.
    if (this.taken + skipped + need >= this.places) return false;
    if (skipped > 0) {
      const at = this.wordOf(this.#write);
      this.words[at + WORD.places] = skipped;
      this.words[at + WORD.kind] = NONE;
      this.#write = 0;
    }
    this.#put(this.wordOf(this.#write), need, report);
    this.#write = (this.#write + need) % this.places;
    return true;
  }

  /** Shows the reader what was written; whether it has to be told that there is something. */
  publish(): boolean {
    const { words } = this;
    if (!this.#isClaimed && this.#write === Atomics.load(words, TAIL)) return false;
    Atomics.store(words, TAIL, this.#write);
    this.#claim();
    const wasClaimed = this.#isClaimed;
    this.#isClaimed = false;
    return wasClaimed;
  }

  /**
   * A reader that listens does not look before it is told. An empty ring begins anew then, so that no
   * more memory is touched than reports wait at once.
   */
  #claim(): void {
    const { words } = this;
    if (this.#isClaimed || Atomics.exchange(words, LISTENS, 0) === 0) return;
    this.#isClaimed = true;
    if (this.#write !== Atomics.load(words, HEAD)) return;
    Atomics.store(words, HEAD, 0);
    Atomics.store(words, TAIL, 0);
    this.#write = 0;
  }

  #put(at: number, places: number, report: PathReport): void {
    const { words } = this;
    words[at + WORD.places] = places;
    words[at + WORD.kind] = KINDS.indexOf(report.kind);
    switch (report.kind) {
      case 'datagram':
        words[at + WORD.octets] = report.bytes.length;
        words[at + WORD.marks] =
          (report.encapsulated ? MARK.encapsulated : 0) | (report.begins ? MARK[report.begins] : 0);
        this.#putEndpoint(at, WORD.local, report.local);
        this.#putEndpoint(at, WORD.remote, report.remote);
        this.bytes.set(report.bytes, 4 * at + HEADER_OCTETS);
        return;
      case 'keepalive':
        this.#putEndpoint(at, WORD.local, report.local);
        this.#putEndpoint(at, WORD.remote, report.remote);
        return;
      case 'peerMoved':
      case 'unknownSpi':
        words[at + WORD.spi] = report.spi;
        this.#putEndpoint(at, WORD.remote, report.remote);
        return;
      case 'expiring':
      case 'expired':
        words[at + WORD.marks] = report.direction === 'outbound' ? MARK.outbound : 0;
        words[at + WORD.spi] = report.spi;
        return;
      case 'inboundActive':
        words[at + WORD.spi] = report.spi;
    }
  }

  #putEndpoint(at: number, word: number, endpoint: EndpointWords): void {
    const { words } = this;
    const to = at + word;
    words[at + WORD.family] = endpoint.family;
    words[to] = endpoint.port;
    words[to + 1] = endpoint.a;
    words[to + 2] = endpoint.b;
    words[to + 3] = endpoint.c;
    words[to + 4] = endpoint.d;
  }
}

/** The main thread's end. */
export class ReportReader extends ReportRing {
  readonly #endpoint = new EndpointWords();

  constructor(memory: SharedArrayBuffer) {
    super(memory);
    Atomics.store(this.words, LISTENS, 1);
  }

  /** Takes what is there by now. Only for who was told, or does not listen. */
  drain(hear: (report: DataPlaneReport) => void): void {
    const { words } = this;
    const end = Atomics.load(words, TAIL);
    let place = Atomics.load(words, HEAD);
    while (place !== end) {
      const at = this.wordOf(place);
      const report = this.#read(at);
      place = (place + (words[at + WORD.places] as number)) % this.places;
      Atomics.store(words, HEAD, place);
      if (report) hear(report);
    }
  }

  /** From now on the writer tells of the next report; false when there is one already. */
  listen(): boolean {
    const { words } = this;
    Atomics.store(words, LISTENS, 1);
    if (Atomics.load(words, TAIL) === Atomics.load(words, HEAD)) return true;
    // A writer that was faster tells of it.
    return Atomics.exchange(words, LISTENS, 0) === 0;
  }

  #read(at: number): DataPlaneReport | undefined {
    const { words } = this;
    const kind = KINDS[words[at + WORD.kind] as number] ?? 'none';
    const spi = (words[at + WORD.spi] as number) >>> 0;
    switch (kind) {
      case 'none':
        return undefined;
      case 'datagram':
        return this.#readDatagram(at);
      case 'keepalive': {
        const local = this.#readEndpoint(at, WORD.local);
        return { kind, local, remote: this.#readEndpoint(at, WORD.remote) };
      }
      case 'inboundActive':
        return { kind, spi };
      case 'peerMoved':
      case 'unknownSpi':
        return { kind, spi, remote: this.#readEndpoint(at, WORD.remote) };
      case 'expiring':
      case 'expired': {
        const isOutbound = ((words[at + WORD.marks] as number) & MARK.outbound) !== 0;
        return { kind, spi, direction: isOutbound ? 'outbound' : 'inbound' };
      }
    }
  }

  #readDatagram(at: number): DataPlaneReport {
    const { words } = this;
    const marks = words[at + WORD.marks] as number;
    const from = 4 * at + HEADER_OCTETS;
    const datagram = {
      kind: 'datagram',
      local: this.#readEndpoint(at, WORD.local),
      remote: this.#readEndpoint(at, WORD.remote),
      bytes: this.bytes.slice(from, from + (words[at + WORD.octets] as number)),
      encapsulated: (marks & MARK.encapsulated) !== 0,
    } as const;
    if (marks & MARK.first) return { ...datagram, begins: 'first' };
    return marks & MARK.again ? { ...datagram, begins: 'again' } : datagram;
  }

  #readEndpoint(at: number, word: number) {
    const { words } = this;
    const from = at + word;
    const endpoint = this.#endpoint;
    endpoint.family = words[at + WORD.family] as number;
    endpoint.port = words[from] as number;
    endpoint.a = words[from + 1] as number;
    endpoint.b = words[from + 2] as number;
    endpoint.c = words[from + 3] as number;
    endpoint.d = words[from + 4] as number;
    return endpoint.endpoint();
  }
}
