import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { ipv4FromNumber } from '#base/address';
import { assert } from '#base/assert';
import { err, ok, type Result } from '#base/result';
import { assemble, PLACEMENT_PROGRAM_OCTETS } from './userspace/placement-filters.ts';
import { errorName, type Sys } from './userspace/sys.ts';

/** Numbers of Linux's socket interface (packet(7), netdevice(7)), the same on x86-64 and arm64. */
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
const ETH_P_ALL_BIG_ENDIAN = 0x0300;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFADDR = 0x8915;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
const ARPHRD_ETHER = 1;
const IFREQ_OCTETS = 40;
const IFNAMSIZ = 16;
const SOCKADDR_LL_OCTETS = 20;

/**
 * A program of the classic BPF machine: frames whose VLAN tag
 * the kernel took off belong to an interface of their own, and are not ours. linux/filter.h.
 */
const UNTAGGED_ONLY: readonly (readonly [number, number, number, number])[] = [
  // Whether there was a tag is an ancillary word, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT.
  [0x20, 0, 0, 0x1_0000_0000 - 0x1000 + 48],
  [0x15, 0, 1, 0],
  [0x06, 0, 0, 0xffff_ffff],
  [0x06, 0, 0, 0],
];

/** Our choice of the kernel's buffer in each direction: a burst of some thousand frames. */
const BUFFER_OCTETS = 4 * 1024 * 1024;

/** A packet socket bound to an Ethernet interface, and what the kernel says of that. */
export type PacketInterface = {
  readonly fd: number;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
};

type Facts = Omit<PacketInterface, 'fd'> & { readonly index: number };

/** Whether the kernel itself would route what arrives on an interface. */
function kernelForwards(name: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`, 'latin1').trim() === '1';
  } catch {
    // Without /proc there is nothing to warn of.
    return false;
  }
}

/** Asks the kernel about an interface; the error is one line that says what to do. */
function inspect(sys: Sys, fd: number, name: string): Result<Facts, string> {
  const request = sys.arena(IFREQ_OCTETS);
  const view = new DataView(request.bytes.buffer);
  /** One interface request, answered in `view`; false when the kernel refuses it. */
  const ask = (what: number): boolean => {
    request.bytes.fill(0);
    request.bytes.set(new TextEncoder().encode(name).subarray(0, IFNAMSIZ - 1));
    return sys.ioctl(fd, what, request.pointer) === 0;
  };
  if (!ask(SIOCGIFINDEX))
    return err(`there is no interface ${name} (\`ip link\` lists them): name one with --interface`);
  const index = view.getInt32(IFNAMSIZ, true);
  if (!ask(SIOCGIFFLAGS) || (view.getUint16(IFNAMSIZ, true) & IFF_UP) === 0)
    return err(`interface ${name} is down: \`ip link set ${name} up\``);
  if (!ask(SIOCGIFHWADDR) || view.getUint16(IFNAMSIZ, true) !== ARPHRD_ETHER)
    return err(`interface ${name} is no Ethernet interface`);
  const hardwareAddress = request.bytes.slice(IFNAMSIZ + 2, IFNAMSIZ + 8);
  if (ask(SIOCGIFADDR))
    return err(
      `the kernel has address ${ipv4FromNumber(view.getUint32(IFNAMSIZ + 4))} on interface ${name}, ` +
        `where the PAT box answers for its own: \`ip address flush dev ${name}\``,
    );
  if (kernelForwards(name))
    return err(
      `the kernel routes what arrives on interface ${name}, which the PAT box does: ` +
        `\`sysctl -w net.ipv4.conf.${name}.forwarding=0\``,
    );
  if (!ask(SIOCGIFMTU)) return err(`interface ${name} is gone`);
  return ok({ index, hardwareAddress, mtu: view.getInt32(IFNAMSIZ, true) });
}

/** Sets an option whose value is one number; false when the kernel does not have it. */
function setOption(sys: Sys, fd: number, level: number, option: number, value: number): boolean {
  const argument = sys.arena(4);
  new DataView(argument.bytes.buffer).setInt32(0, value, true);
  return sys.setsockopt(fd, level, option, argument.pointer, 4) === 0;
}

function bindTo(sys: Sys, fd: number, name: string): Result<PacketInterface, string> {
  const facts = inspect(sys, fd, name);
  if (!facts.ok) return facts;
  const program = assemble(sys, UNTAGGED_ONLY);
  const { pointer } = program;
  const attached = sys.setsockopt(
    fd,
    SOL_SOCKET,
    SO_ATTACH_FILTER,
    pointer,
    PLACEMENT_PROGRAM_OCTETS,
  );
  // The kernel has a copy now; until then the memory must not be collected.
  assert(program.bytes.length > 0, 'a program has octets');
  if (attached !== 0) return err(`frames of VLANs cannot be kept off: ${errorName(sys.errno())}`);
  // Frames of the kernel itself (IPv6 neighbour discovery) are no business of the box.
  setOption(sys, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  // Without CAP_NET_ADMIN the kernel's defaults stay.
  setOption(sys, fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS);
  setOption(sys, fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_OCTETS);
  if (!setOption(sys, fd, SOL_PACKET, PACKET_VNET_HDR, 1))
    return err(`packet sockets of this kernel pass no offload headers: ${errorName(sys.errno())}`);
  const address = sys.arena(SOCKADDR_LL_OCTETS);
  const view = new DataView(address.bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ETH_P_ALL_BIG_ENDIAN, true);
  view.setInt32(4, facts.value.index, true);
  if (sys.bind(fd, address.pointer, SOCKADDR_LL_OCTETS) !== 0)
    return err(`frames of interface ${name} cannot be had: ${errorName(sys.errno())}`);
  const { hardwareAddress, mtu } = facts.value;
  return ok({ fd, hardwareAddress, mtu });
}

/** Opens a packet socket on a Linux interface; the error is one line that says what to do. */
export function openPacketInterface(sys: Sys, name: string): Result<PacketInterface, string> {
  const fd = sys.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0);
  if (fd < 0)
    return err(
      sys.errno() === constants.errno.EPERM
        ? 'frames can be had with CAP_NET_RAW only: run as root, or grant it'
        : `no packet socket can be opened: ${errorName(sys.errno())}`,
    );
  const bound = bindTo(sys, fd, name);
  if (!bound.ok) sys.close(fd);
  return bound;
}
