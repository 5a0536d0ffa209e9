import { createSocket, type SocketOptions } from 'node:dgram';
import { type Endpoint, familyOf, parseAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import { describeBindError } from './bind-errors.ts';

/** A bound UDP socket. */
export type UdpSocket = {
  /** Where it is bound, with the port that the system chose for port 0. */
  readonly endpoint: Endpoint;
  /** Sends a datagram; one that the system refuses is lost, as UDP may lose any. */
  send(remote: Endpoint, bytes: Uint8Array): void;
  close(): Promise<void>;
};

/** Enough for the bursts of a few hundred clients; the system may grant less. */
const RECEIVE_BUFFER_OCTETS = 1 << 20;

/** Binds a UDP socket; the error is one line for people. */
export function bindUdp(
  endpoint: Endpoint,
  received: (remote: Endpoint, bytes: Uint8Array) => void,
): Promise<Result<UdpSocket, string>> {
  const family = familyOf(endpoint.address);
  const type = family === 4 ? 'udp4' : 'udp6';
  // Addresses need no resolver; without one a datagram leaves at once, even right before the close.
  const lookup: SocketOptions['lookup'] = (host, _, found) => found(null, host, family);
  const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup });
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(err(describeBindError(endpoint, error.code ?? error.message)));
    });
    socket.bind(endpoint.port, endpoint.address, () => {
      socket.removeAllListeners('error');
      // What ICMP says of an earlier datagram arrives as an error of the socket; it needs no answer.
      socket.on('error', () => {});
      socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
      socket.on('message', (bytes, { address, port }) => {
        // A link-local sender carries its interface behind a percent sign.
        const parsed = parseAddress(address.split('%')[0] as string);
        if (parsed.ok) received({ address: parsed.value, port }, new Uint8Array(bytes));
      });
      let closing: Promise<void> | undefined;
      resolve(
        ok({
          endpoint: { address: endpoint.address, port: socket.address().port },
          send(remote, bytes) {
            // A datagram may come from port 0, where nobody can be answered; dgram throws at it.
            if (remote.port !== 0) socket.send(bytes, remote.port, remote.address, () => {});
          },
          close() {
            closing ??= new Promise<void>((closed) => socket.close(() => closed()));
            return closing;
          },
        }),
      );
    });
  });
}
