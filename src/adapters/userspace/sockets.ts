import { constants } from 'node:os';
import { type Endpoint, familyOf, type IpAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type { Listener } from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import { ipProtocols } from '#wire/protocol-numbers';
import { describeBindError } from '../bind-errors.ts';
import {
  AF_INET,
  AF_INET6,
  IP_FREEBIND,
  IP_RECVTOS,
  IPV6_FREEBIND,
  IPV6_RECVTCLASS,
  IPV6_V6ONLY,
  SO_ATTACH_FILTER,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  writeSockaddr,
} from './linux.ts';
import {
  assemble,
  datagramPlacement,
  PLACEMENT_PROGRAM_OCTETS,
  rawPlacement,
} from './placement-filters.ts';
import { errorName, type Sys } from './sys.ts';

/** A socket towards the peers, as the main thread opened it and a worker uses it. */
export type OpenSocket = {
  readonly fd: number;
  /** For ESP without UDP the port means nothing. */
  readonly endpoint: Endpoint;
  readonly kind: 'udp' | 'esp';
  /** Whether ESP, keepalives and marked control datagrams share the socket. */
  readonly encapsulated: boolean;
};

/** Holds some thousand packets, so that a burst survives while the worker is busy. */
const BUFFER_OCTETS = 4 * 1024 * 1024;

/** Sets an option whose value is one number; false when the kernel does not have it. */
function setOption(sys: Sys, fd: number, level: number, name: number, value: number): boolean {
  const argument = sys.arena(4);
  new Int32Array(argument.bytes.buffer)[0] = value;
  return sys.setsockopt(fd, level, name, argument.pointer, 4) === 0;
}

function enlargeBuffers(sys: Sys, fd: number): void {
  // Without CAP_NET_ADMIN the limits of net.core apply.
  if (!setOption(sys, fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS))
    setOption(sys, fd, SOL_SOCKET, SO_RCVBUF, BUFFER_OCTETS);
  if (!setOption(sys, fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_OCTETS))
    setOption(sys, fd, SOL_SOCKET, SO_SNDBUF, BUFFER_OCTETS);
}

/** Opens and binds a socket, after `prepare`; the number of the error when that fails. */
function open(
  sys: Sys,
  endpoint: Endpoint,
  type: number,
  protocol: number,
  prepare: (fd: number) => void,
): Result<number, number> {
  const six = familyOf(endpoint.address) === 6;
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = sys.socket(six ? AF_INET6 : AF_INET, type | flags, protocol);
  if (fd < 0) return err(sys.errno());
  if (six) setOption(sys, fd, SOL_IPV6, IPV6_V6ONLY, 1);
  prepare(fd);
  const address = sys.arena(32);
  const octets = writeSockaddr(address.bytes, 0, EndpointWords.of(endpoint));
  if (sys.bind(fd, address.pointer, octets) < 0) {
    const errno = sys.errno();
    sys.close(fd);
    return err(errno);
  }
  setOption(sys, fd, six ? SOL_IPV6 : SOL_IP, six ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
  enlargeBuffers(sys, fd);
  return ok(fd);
}

/** Runs a program of `placement-filters` in the kernel; without it packets are handed over here. */
function attach(sys: Sys, fd: number, option: number, program: Parameters<typeof assemble>[1]) {
  const { pointer } = assemble(sys, program);
  sys.setsockopt(fd, SOL_SOCKET, option, pointer, PLACEMENT_PROGRAM_OCTETS);
}

/** Lets a socket be bound to an address that this machine has only now and then. */
const bindFreely = (sys: Sys, fd: number, { address }: Endpoint): boolean =>
  familyOf(address) === 6
    ? setOption(sys, fd, SOL_IPV6, IPV6_FREEBIND, 1)
    : setOption(sys, fd, SOL_IP, IP_FREEBIND, 1);

const share = (sys: Sys, fd: number): boolean => setOption(sys, fd, SOL_SOCKET, SO_REUSEPORT, 1);

/** Binds UDP sockets of one endpoint, one for each worker; the error is one line for people. */
export function openUdp(
  sys: Sys,
  { endpoint, encapsulated, floating = false }: Listener,
  workers: number,
): Result<readonly OpenSocket[], string> {
  const sockets: OpenSocket[] = [];
  for (let worker = 0; worker < workers; worker += 1) {
    // The first asks for the port alone, so that another head-end is noticed, and shares it then.
    const fd = open(sys, endpoint, SOCK_DGRAM, 0, (made) => {
      if (floating) bindFreely(sys, made, endpoint);
      if (worker > 0) share(sys, made);
    });
    if (!fd.ok) {
      for (const socket of sockets) sys.close(socket.fd);
      return err(describeBindError(endpoint, errorName(fd.error)));
    }
    if (worker === 0 && workers > 1) share(sys, fd.value);
    // Kernels before 5.0 hand over one datagram at a time instead.
    if (encapsulated) setOption(sys, fd.value, SOL_UDP, UDP_GRO, 1);
    sockets.push({ fd: fd.value, endpoint, kind: 'udp', encapsulated });
  }
  const [first] = sockets;
  if (first && encapsulated && workers > 1)
    attach(sys, first.fd, SO_ATTACH_REUSEPORT_CBPF, datagramPlacement(workers));
  return ok(sockets);
}

/**
 * Opens sockets for ESP as IP protocol 50, one for each worker; the error is one line for people.
 */
export function openEsp(
  sys: Sys,
  address: IpAddress,
  workers: number,
  floating = false,
): Result<readonly OpenSocket[], string> {
  const at = { address, port: 0 };
  const family = familyOf(address) === 6 ? 6 : 4;
  const sockets: OpenSocket[] = [];
  for (let worker = 0; worker < workers; worker += 1) {
    const fd = open(sys, at, SOCK_RAW, ipProtocols.esp, (raw) => {
      if (floating) bindFreely(sys, raw, at);
      if (workers > 1) attach(sys, raw, SO_ATTACH_FILTER, rawPlacement(family, worker, workers));
    });
    if (!fd.ok) {
      for (const socket of sockets) sys.close(socket.fd);
      return err(describeEspError(at, fd.error));
    }
    sockets.push({ fd: fd.value, endpoint: at, kind: 'esp', encapsulated: true });
  }
  return ok(sockets);
}

function describeEspError(at: Endpoint, errno: number): string {
  const where = `ESP at ${at.address}`;
  const { EPERM, EACCES } = constants.errno;
  return errno === EPERM || errno === EACCES
    ? `${where} cannot be received: run as root or grant CAP_NET_RAW`
    : describeBindError(at, errorName(errno), where);
}
