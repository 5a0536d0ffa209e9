import type { Endpoint } from '#base/address';
import type { CounterPage } from '#dataplane/counters';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { OutboundRules } from '#dataplane/outbound-path';
import type { TableChange } from '#dataplane/sa-directory';
import type { OpenSocket } from './sockets.ts';
import type { OpenTun } from './tun.ts';

/** What a worker is born with. Its descriptors belong to the main thread, which outlives it. */
export type WorkerStart = {
  readonly tun: OpenTun;
  /** An eventfd: written by the main thread after each message. */
  readonly wake: number;
  readonly sockets: readonly OpenSocket[];
  readonly rules: OutboundRules;
  /** Counters of packets that belong to no SA. */
  readonly pathCounters: SharedArrayBuffer;
  /** Reports that the main thread has dealt with; see `ReportGate`. */
  readonly handled: SharedArrayBuffer;
  /** Where the worker notes what it holds of the memory of C. */
  readonly ledger: SharedArrayBuffer;
  /** What is installed already. */
  readonly pages: readonly CounterPage[];
  readonly changes: readonly TableChange[];
};

/** From the main thread; several in one message, carried out in order. */
export type WorkerCommand =
  | {
      readonly kind: 'apply';
      /** Pages of counters that came into being since the last time. */
      readonly pages: readonly CounterPage[];
      readonly changes: readonly TableChange[];
    }
  | {
      /** Sends a UDP datagram, whose `bytes` are complete. */
      readonly kind: 'send';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'stop' };

/** To the main thread; everything that one turn of the loop had to tell. */
export type WorkerReports = readonly DataPlaneReport[];
