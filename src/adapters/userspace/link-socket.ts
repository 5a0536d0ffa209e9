import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from './linux.ts';
import type { Sys } from './sys.ts';

/** Numbers of netlink(7) and rtnetlink(7). */
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const SOCKADDR_NL_OCTETS = 12;

/** A socket to which the kernel tells what happens to interfaces; undefined where it tells nothing. */
export function openLinkSocket(sys: Sys): number | undefined {
  const fd = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return undefined;
  const address = sys.arena(SOCKADDR_NL_OCTETS);
  const view = new DataView(address.bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, RTMGRP_LINK, true);
  if (sys.bind(fd, address.pointer, SOCKADDR_NL_OCTETS) === 0) return fd;
  sys.close(fd);
  return undefined;
}
