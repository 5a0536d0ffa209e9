import type { Arena } from '#base/arena';
import { PATH_COUNTER } from './counters.ts';
import type { DataPlaneOptions } from './data-plane.ts';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from './encapsulate.ts';
import type { EndpointWords } from './endpoint-words.ts';
import { Fragmenter } from './fragmenter.ts';
import {
  ipVersion,
  LEAST_IPV6_MTU,
  MOST_UDP_OCTETS,
  mustNotFragment,
  trafficClassOf,
} from './ip-packet.ts';
import { MssClamp } from './mss-clamp.ts';
import type { OutboundAssociation } from './outbound-association.ts';
import type { PacketPath } from './packet-path.ts';
import type { PathMtu } from './path-mtu.ts';
import { tooBigAnswer } from './too-big.ts';

/** What the configuration says about packets on their way into tunnels. */
export type OutboundRules = Required<
  Pick<DataPlaneOptions, 'dontFragment' | 'fragmentationPolicy' | 'clampMss'>
>;

/** The rules of `options`, with those that it leaves open. */
export const outboundRules = (options: DataPlaneOptions): OutboundRules => ({
  dontFragment: options.dontFragment ?? 'copy',
  fragmentationPolicy: options.fragmentationPolicy ?? 1,
  clampMss: options.clampMss ?? true,
});

/** Where sealed packets go. */
export type SealedPackets = {
  readonly arena: Arena;
  /** Where in the arena the next packet, of `octets` octets at most, goes; and its outer DF bit. */
  reserve(octets: number, dontFragment: boolean): number;
  /** Takes the packet that was written there; whether it `fits` the path to `remote` in one piece. */
  commit(remote: EndpointWords, octets: number, trafficClass: number, fits: boolean): void;
};

/** Octets that the arena for fragments has. */
export const FRAGMENT_OCTETS = MOST_UDP_OCTETS + TRAILER_ROOM;

/**
 * The way of packets from the inside network into tunnels: makes them fit, by the fragmentation
 * policy of the interface, and has them sealed. One worker owns it.
 */
export class OutboundPath {
  readonly #path: PacketPath;
  readonly #pathMtu: PathMtu;
  readonly #rules: OutboundRules;
  readonly #clamp: MssClamp | undefined;
  readonly #fragmenter: Fragmenter;
  readonly #answer: (packet: Uint8Array) => void;

  /** `fragments` is an arena of `FRAGMENT_OCTETS`; `answer` sends a packet to the inside network. */
  constructor(
    path: PacketPath,
    pathMtu: PathMtu,
    rules: OutboundRules,
    fragments: Arena,
    answer: (packet: Uint8Array) => void,
  ) {
    this.#path = path;
    this.#pathMtu = pathMtu;
    this.#rules = rules;
    this.#clamp = rules.clampMss ? new MssClamp(pathMtu, rules.clampMss) : undefined;
    this.#fragmenter = new Fragmenter(fragments);
    this.#answer = answer;
  }

  /**
   * Puts the IP packet of `octets` octets at `at`, which `PacketPath.route` gave to `sa`, into `sealed`.
   * False when its sender was told to send smaller ones instead.
   */
  send(
    sa: OutboundAssociation,
    source: Arena,
    at: number,
    octets: number,
    sealed: SealedPackets,
  ): boolean {
    const { bytes } = source;
    this.#clamp?.apply(sa, bytes, at, octets);
    const most = this.#pathMtu.innerOctets(sa);
    const rule = this.#rules.dontFragment;
    const marked = mustNotFragment(bytes, at);
    if (octets <= most)
      this.#seal(sa, source, at, octets, sealed, rule === 'copy' ? marked : rule === 'set', true);
    else if (this.#fragmentsOutside(sa, bytes, at, octets))
      // NAT-19 option 1: encapsulated whole, and fragmented after that.
      this.#seal(sa, source, at, octets, sealed, false, false);
    else if (this.#mustBeSmaller(sa, bytes, at)) return this.#refuse(bytes, at, octets, most);
    else this.#sendFragments(sa, bytes, at, octets, most, sealed);
    return true;
  }

  /** Whether a packet that does not fit travels in an ESP packet that is itself fragmented. */
  #fragmentsOutside(
    sa: OutboundAssociation,
    bytes: Uint8Array,
    at: number,
    octets: number,
  ): boolean {
    if (this.#rules.fragmentationPolicy === 1) return true;
    // Transport mode carries no fragments, so those without DF have no other way.
    if (sa.bareHeaderOctets > 0 && !mustNotFragment(bytes, at)) return true;
    // Nobody can be told to send less than what every link of IPv6 carries; RFC 2473 section 7.1.
    return ipVersion(bytes, at) === 6 && octets <= LEAST_IPV6_MTU;
  }

  #mustBeSmaller(sa: OutboundAssociation, bytes: Uint8Array, at: number): boolean {
    if (ipVersion(bytes, at) === 6 || sa.bareHeaderOctets > 0) return true;
    return mustNotFragment(bytes, at) && this.#rules.fragmentationPolicy === 2;
  }

  #refuse(bytes: Uint8Array, at: number, octets: number, most: number): boolean {
    this.#path.count(PATH_COUNTER.malformed);
    const mtu = ipVersion(bytes, at) === 6 ? Math.max(most, LEAST_IPV6_MTU) : most;
    const answer = tooBigAnswer(bytes, at, octets, mtu);
    if (answer) this.#answer(answer);
    return false;
  }

  /** NAT-19 options 2 and 3: fragmented first, so that no fragment of ESP ever meets a NAT. */
  #sendFragments(
    sa: OutboundAssociation,
    bytes: Uint8Array,
    at: number,
    octets: number,
    most: number,
    sealed: SealedPackets,
  ): void {
    const fragmenter = this.#fragmenter;
    const dontFragment = this.#rules.dontFragment === 'set';
    if (!fragmenter.begin(bytes, at, octets, most)) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    while (fragmenter.next())
      this.#seal(sa, fragmenter.arena, 0, fragmenter.octets, sealed, dontFragment, true);
  }

  #seal(
    sa: OutboundAssociation,
    source: Arena,
    at: number,
    octets: number,
    sealed: SealedPackets,
    dontFragment: boolean,
    fits: boolean,
  ): void {
    if (octets + sa.frameOctets + TRAILER_ROOM > MOST_UDP_OCTETS) {
      this.#path.count(PATH_COUNTER.malformed);
      return;
    }
    // Sealing puts a trailer behind the packet and leaves its header alone.
    const trafficClass = trafficClassOf(source.bytes, at);
    const to = sealed.reserve(octets + ENCAPSULATION_ROOM, dontFragment);
    const length = this.#path.seal(sa, source, at, octets, sealed.arena, to);
    if (length > 0) sealed.commit(sa.remote, length, trafficClass, fits);
  }
}
