import { join } from 'node:path';
import type { AddressHolder, HolderNotices } from '#adapters/cluster/address-holder';
import { ClusterPort } from '#adapters/cluster/cluster-port';
import { KernelAddressHolder, linuxInterfaceOf } from '#adapters/cluster/kernel-address-holder';
import { KernelMemberSockets } from '#adapters/cluster/kernel-member-sockets';
import { LinkWatch } from '#adapters/cluster/link-watch';
import { MemberLives } from '#adapters/cluster/member-lives';
import { PortableMemberSockets } from '#adapters/cluster/member-sockets';
import { MemoryAddressHolder } from '#adapters/cluster/memory-address-holder';
import { isOwnAddress } from '#adapters/cluster/own-address';
import { now } from '#adapters/machine-clock';
import type { MachineRandom } from '#adapters/machine-random';
import type { MemoryOverUdp } from '#adapters/memory-over-udp';
import type { Sys } from '#adapters/userspace/sys';
import type { IpAddress } from '#base/address';
import { err } from '#base/result';
import type { ClusterEnds, ClusterInput } from '#features/cluster/port';
import type { IkePorts } from './listening.ts';

export type ClusterMemberParts = {
  readonly stateFolder: string;
  readonly random: MachineRandom;
  readonly ports: IkePorts;
  readonly input: (input: ClusterInput) => void;
  /** What has the cluster address: an interface of the kernel, or the sockets of a packet path. */
  readonly place: () => Sys | MemoryOverUdp | undefined;
  /** Whether the packet path, which was opened at the start, listens there. */
  readonly listensAt: (address: IpAddress) => boolean;
};

/** Connects a device, as a member of a cluster, with the network and the disk. */
export function clusterPort(parts: ClusterMemberParts): ClusterPort {
  const { stateFolder, random, input } = parts;
  return new ClusterPort({
    lives: new MemberLives(join(stateFolder, 'member.db')),
    random: (octets) => random.bytes(octets),
    wallClockMs: now,
    holder: (ends, notices) => holderOf(parts, ends, notices),
    sockets: async (ends, received) => {
      const deaf = ends.clusterAddresses.find((address) => !parts.listensAt(address));
      if (deaf !== undefined)
        return err(`nothing listens at ${deaf} until headend is started again`);
      const where = parts.place();
      if (where !== undefined && !('float' in where))
        return KernelMemberSockets.open(where, ends, received);
      for (const address of ends.clusterAddresses)
        if (!(await isOwnAddress(address)))
          return err(
            `${address} is no address of this machine, and with --inside memory headend gives it none; leave that option out`,
          );
      return PortableMemberSockets.open(ends, received);
    },
    links: ({ privateAddress, publicAddresses: [publicAddress] }, changed) => {
      const where = parts.place();
      if (where === undefined || 'float' in where) return undefined;
      const interfaces = {
        private: linuxInterfaceOf(privateAddress),
        public: publicAddress && linuxInterfaceOf(publicAddress),
      };
      return LinkWatch.open(where, interfaces, changed);
    },
    input,
  });
}

function holderOf(
  { place, ports }: ClusterMemberParts,
  { publicAddresses }: ClusterEnds,
  notices: HolderNotices,
): AddressHolder {
  const where = place();
  if (where === undefined || 'float' in where)
    return new MemoryAddressHolder(async (addresses, has) => where?.float(addresses, has));
  const [publicAddress] = publicAddresses;
  const udpPorts = [ports.isakmp, ports.natTraversal];
  return new KernelAddressHolder(where, publicAddress, udpPorts, notices);
}
