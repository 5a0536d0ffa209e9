import type { DataPlaneReport } from './data-plane.ts';
import type { EndpointWords } from './endpoint-words.ts';

/**
 * What the packet path tells, as long as the call lasts: endpoints in words and octets where they lie,
 * so that a back end makes no more of it than it needs.
 */
export type PathReport =
  | {
      readonly kind: 'datagram';
      readonly local: EndpointWords;
      readonly remote: EndpointWords;
      readonly bytes: Uint8Array;
      readonly encapsulated: boolean;
      readonly begins: 'first' | 'again' | undefined;
    }
  | { readonly kind: 'keepalive'; readonly local: EndpointWords; readonly remote: EndpointWords }
  | {
      readonly kind: 'peerMoved' | 'unknownSpi';
      readonly spi: number;
      readonly remote: EndpointWords;
    }
  | Extract<DataPlaneReport, { kind: 'inboundActive' | 'expiring' | 'expired' }>;

/** The same for the engine, with octets and endpoints of its own. */
export function lastingReport(report: PathReport): DataPlaneReport {
  switch (report.kind) {
    case 'datagram': {
      const { begins, encapsulated } = report;
      const local = report.local.endpoint();
      const remote = report.remote.endpoint();
      const bytes = report.bytes.slice();
      return { kind: 'datagram', local, remote, bytes, encapsulated, ...(begins && { begins }) };
    }
    case 'keepalive':
      return {
        kind: 'keepalive',
        local: report.local.endpoint(),
        remote: report.remote.endpoint(),
      };
    case 'peerMoved':
    case 'unknownSpi':
      return { kind: report.kind, spi: report.spi, remote: report.remote.endpoint() };
    default:
      return report;
  }
}
