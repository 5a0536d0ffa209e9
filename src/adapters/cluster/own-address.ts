import { createSocket } from 'node:dgram';
import { familyOf, type IpAddress } from '#base/address';

/** Whether this machine has an address, by whether a socket may be bound to it. */
export function isOwnAddress(address: IpAddress): Promise<boolean> {
  const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    const settle = (has: boolean) => {
      socket.close();
      resolve(has);
    };
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'EADDRNOTAVAIL'));
    socket.bind({ address, port: 0 }, () => settle(true));
  });
}
