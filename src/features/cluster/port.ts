import type { Endpoint, IpAddress } from '#base/address';
import type { EventRecord } from '#events/event';
import type { Identity, Links } from '#protocol/vcl/state';
import type { Side } from '#protocol/vcl/turn';

/** Where a member speaks and listens. */
export type ClusterEnds = {
  readonly privateAddress: IpAddress;
  readonly publicAddresses: readonly IpAddress[];
  /** What it serves while it is master. */
  readonly clusterAddresses: readonly IpAddress[];
  readonly port: number;
  /** Of discovery and announcements, on the private side. */
  readonly group: IpAddress | undefined;
};

/** What a member wants done on the network, in order. */
export type ClusterAction =
  /** Listen, in place of what was listened at before; `portFailed` answers when that is impossible. */
  | { readonly kind: 'open'; readonly ends: ClusterEnds }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'send';
      readonly side: Side;
      readonly to: Endpoint;
      readonly octets: Uint8Array;
    }
  /** Serve the cluster address on the public interface, tell the neighbours, or stop serving it. */
  | { readonly kind: 'acquireAddress'; readonly addresses: readonly IpAddress[] }
  | {
      readonly kind: 'announceAddress';
      readonly addresses: readonly IpAddress[];
      readonly times: number;
    }
  | { readonly kind: 'releaseAddress'; readonly addresses: readonly IpAddress[] }
  /** Ask the public network whether somebody has it; `addressTaken` answers if so. */
  | { readonly kind: 'probeAddress'; readonly addresses: readonly IpAddress[] }
  /** Slow work; `answer` carries the same ticket. */
  | { readonly kind: 'ask'; readonly ticket: number; readonly question: ClusterQuestion };

/** What comes from the network of a member, and answers. */
export type ClusterInput =
  | {
      readonly kind: 'datagram';
      readonly side: Side;
      readonly from: Endpoint;
      readonly octets: Uint8Array;
    }
  | { readonly kind: 'addressTaken'; readonly hardwareAddress: string }
  | { readonly kind: 'links'; readonly links: Links }
  | { readonly kind: 'portFailed'; readonly reason: string }
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: ClusterAnswer };

/** Slow work of a member, or what only the outside knows. */
export type ClusterQuestion =
  /** scrypt over the cluster key; RFC 7914. */
  | {
      readonly kind: 'stretchKey';
      readonly secret: Uint8Array;
      readonly salt: Uint8Array;
      readonly logN: number;
      readonly r: number;
      readonly p: number;
      readonly octets: number;
    }
  /** The number of this member and of a new life of it, written to the store before it is answered. */
  | { readonly kind: 'newLife' }
  /** The addresses that a name of DNS has. No servers are those of the machine. */
  | {
      readonly kind: 'resolveName';
      readonly name: string;
      readonly servers: readonly IpAddress[];
    }
  /** The names that an address has in reverse DNS, each with the addresses that it leads to. */
  | {
      readonly kind: 'nameOf';
      readonly address: IpAddress;
      readonly servers: readonly IpAddress[];
    };

/** A name of DNS and where it leads. */
export type FoundName = { readonly name: string; readonly addresses: readonly IpAddress[] };

export type ClusterAnswer =
  | { readonly kind: 'keyStretched'; readonly octets: Uint8Array }
  | { readonly kind: 'newLife'; readonly identity: Identity }
  | { readonly kind: 'nameResolved'; readonly addresses: readonly IpAddress[] }
  /** To `nameOf`: none when DNS says that there is none. */
  | { readonly kind: 'namesFound'; readonly names: readonly FoundName[] }
  /** To `nameOf`: nobody answered. */
  | { readonly kind: 'namesUnknown'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Everything the feature wants done, in order. */
export type ClusterEffect =
  | { readonly kind: 'event'; readonly record: EventRecord }
  | { readonly kind: 'cluster'; readonly action: ClusterAction };
