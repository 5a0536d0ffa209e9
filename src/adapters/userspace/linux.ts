import type { EndpointWords } from '#dataplane/endpoint-words';
import { readUint16, writeUint16 } from '#dataplane/octets';

/** Numbers of Linux on 64-bit little-endian machines (x86-64 and arm64 agree), from its uapi headers. */

export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_UDP = 17;
export const SOL_IPV6 = 41;

export const SO_REUSEPORT = 15;
export const SO_ATTACH_FILTER = 26;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

export const IP_TOS = 1;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVTOS = 13;
export const IP_FREEBIND = 15;
export const IP_MTU = 14;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;
export const IPV6_FREEBIND = 78;

/** Values of the MTU_DISCOVER options: DF clear, and DF set with the path MTU obeyed. */
export const PMTUDISC_DONT = 0;
export const PMTUDISC_DO = 2;

export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const POLLIN = 1;
export const POLLOUT = 4;

export const O_RDWR = 2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = O_NONBLOCK;
export const EFD_CLOEXEC = O_CLOEXEC;

export const TUNSETIFF = 0x400454ca;
export const TUNGETIFF = 0x800454d2;
export const TUNSETOFFLOAD = 0x400454d0;
export const IFF_TUN = 0x0001;
export const IFF_MULTI_QUEUE = 0x0100;
export const IFF_NO_PI = 0x1000;
export const IFF_VNET_HDR = 0x4000;
/** Refuse an interface that exists. */
export const IFF_TUN_EXCL = 0x8000;
export const TUN_F_CSUM = 0x01;
export const TUN_F_TSO4 = 0x02;
export const TUN_F_TSO6 = 0x04;
export const TUN_F_TSO_ECN = 0x08;
export const TUN_F_USO4 = 0x20;
export const TUN_F_USO6 = 0x40;
export const IFREQ_OCTETS = 40;
export const IFNAMSIZ = 16;

/** `struct sockaddr_in` and `struct sockaddr_in6`. */
const SOCKADDR_IN_OCTETS = 16;
const SOCKADDR_IN6_OCTETS = 28;
/** Room for either. */
export const SOCKADDR_ROOM = 32;

/** Writes the socket address of an endpoint at `at`; returns its length. */
export function writeSockaddr(bytes: Uint8Array, at: number, endpoint: EndpointWords): number {
  const six = endpoint.family === 6;
  bytes[at] = six ? AF_INET6 : AF_INET;
  bytes[at + 1] = 0;
  writeUint16(bytes, at + 2, endpoint.port);
  if (!six) {
    endpoint.write(bytes, at + 4);
    return SOCKADDR_IN_OCTETS;
  }
  bytes.fill(0, at + 4, at + SOCKADDR_IN6_OCTETS);
  endpoint.write(bytes, at + 8);
  return SOCKADDR_IN6_OCTETS;
}

/** Reads the socket address at `at`. */
export function readSockaddr(bytes: Uint8Array, at: number, endpoint: EndpointWords): void {
  const six = bytes[at] === AF_INET6;
  endpoint.read(bytes, at + (six ? 8 : 4), six ? 6 : 4);
  endpoint.port = readUint16(bytes, at + 2);
}
