import { EndpointWords } from '#dataplane/endpoint-words';
import type { OutboundAssociation } from '#dataplane/outbound-association';
import { SendBatch, type SendTroubles } from './send-batch.ts';
import type { OpenSocket } from './sockets.ts';
import type { Sys } from './sys.ts';

/** A socket towards the peers, with the packets that wait to leave through it. */
export type Port = {
  /** Its number, which is the same in every worker. */
  readonly index: number;
  readonly socket: OpenSocket;
  readonly local: EndpointWords;
  readonly batch: SendBatch;
};

/** `troubles` hears of what the system would not take. */
export function portOf(sys: Sys, socket: OpenSocket, index: number, troubles: SendTroubles): Port {
  const local = EndpointWords.of(socket.endpoint);
  const family = local.family === 4 ? 4 : 6;
  const outlet = { fd: socket.fd, family, isUdp: socket.kind === 'udp' } as const;
  return { index, socket, local, batch: new SendBatch(sys, outlet, troubles) };
}

/** The port through which the packets of an SA leave. */
export function portFor(ports: readonly Port[], sa: OutboundAssociation): Port | undefined {
  for (const port of ports) {
    if ((port.socket.kind === 'udp') !== sa.inUdp) continue;
    if (sa.inUdp ? port.local.equals(sa.local) : port.local.sameAddress(sa.local)) return port;
  }
  return undefined;
}
