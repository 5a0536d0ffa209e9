import { type Endpoint, familyOf, sameEndpoint } from '#base/address';
import type { Arena } from '#base/arena';
import { EndpointWords } from '#dataplane/endpoint-words';
import { NON_ESP_MARKER_OCTETS } from '#wire/udp-encapsulation';
import { SOCKADDR_ROOM, writeSockaddr } from './linux.ts';
import { MESSAGE, setPointer } from './message-layout.ts';
import type { OpenSocket } from './sockets.ts';
import type { Sys } from './sys.ts';

/** Larger datagrams are rare, and left to the workers. */
const MOST_OCTETS = 8192;

const VECTOR_AT = MESSAGE.octets;
const NAME_AT = VECTOR_AT + MESSAGE.iovecOctets;
const PAYLOAD_AT = NAME_AT + SOCKADDR_ROOM;

/**
 * Sends single control datagrams from the main thread, through the sockets that the workers read: to
 * hand one to a worker costs more than to send it. Nothing waits here; what the system does not take
 * at once, such as a datagram that is larger than the path while the socket's DF bit is set, is left
 * to a worker, which knows what to do.
 */
export class ControlSender {
  readonly #sys: Sys;
  readonly #sockets: readonly OpenSocket[];
  readonly #arena: Arena;

  constructor(sys: Sys, sockets: readonly OpenSocket[]) {
    this.#sys = sys;
    this.#sockets = sockets.filter(({ kind }) => kind === 'udp');
    this.#arena = sys.arena(PAYLOAD_AT + NON_ESP_MARKER_OCTETS + MOST_OCTETS);
    const { words, pointer } = this.#arena;
    setPointer(words, MESSAGE.name, pointer + NAME_AT);
    setPointer(words, MESSAGE.iovec, pointer + VECTOR_AT);
    setPointer(words, VECTOR_AT / 4, pointer + PAYLOAD_AT);
    words[MESSAGE.iovecCount] = 1;
  }

  /** Sends `bytes`, after the non-ESP marker if `marked`; whether the system took them. */
  send(local: Endpoint, remote: Endpoint, bytes: Uint8Array, marked: boolean): boolean {
    const socket = this.#sockets.find(({ endpoint }) => sameEndpoint(endpoint, local));
    if (!socket || bytes.length > MOST_OCTETS) return false;
    if (familyOf(local.address) !== familyOf(remote.address)) return false;
    const { bytes: memory, words, pointer } = this.#arena;
    const start = PAYLOAD_AT + (marked ? NON_ESP_MARKER_OCTETS : 0);
    memory.fill(0, PAYLOAD_AT, start);
    memory.set(bytes, start);
    words[MESSAGE.nameOctets] = writeSockaddr(memory, NAME_AT, EndpointWords.of(remote));
    words[VECTOR_AT / 4 + 2] = start + bytes.length - PAYLOAD_AT;
    return this.#sys.sendmmsg(socket.fd, pointer, 1, 0) === 1;
  }
}
