import { createSocket } from 'node:dgram';
import { familyOf, type IpAddress, parseAddress } from '#base/address';

/** The address that this machine uses towards `remote`; undefined where no route leads there. */
export function localAddressTowards(remote: IpAddress): Promise<IpAddress | undefined> {
  const socket = createSocket(familyOf(remote) === 4 ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    const finish = (found: IpAddress | undefined) => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => finish(undefined));
    // Connecting a UDP socket sends nothing; it only asks the routing table.
    socket.connect(9, remote, () => {
      const parsed = parseAddress(socket.address().address);
      finish(parsed.ok ? parsed.value : undefined);
    });
  });
}
