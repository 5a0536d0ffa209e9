import type { Endpoint } from '#base/address';
import type { CounterPage } from '#dataplane/counters';
import type { OutboundRules } from '#dataplane/outbound-path';
import type { TableChange } from '#dataplane/sa-directory';
import type { RouteChange } from '#dataplane/sa-placement';
import type { WorkerDescriptors } from './descriptors.ts';
import type { Shared } from './hand-over.ts';

/** What is to be installed in a worker's table. */
export type Installation = {
  /** The number of the last transaction in it; see `WorkerStates`. */
  readonly serial: number;
  /** Pages of counters that came into being since the last time. */
  readonly pages: readonly CounterPage[];
  readonly changes: readonly (TableChange | RouteChange)[];
};

/** What a worker is born with. */
export type WorkerBirth = {
  /** Where the worker notes what it holds of the memory of C. */
  readonly ledger: SharedArrayBuffer;
  /** Becomes 1, with a notification, when the `WorkerStart` is in its port. */
  readonly bell: SharedArrayBuffer;
};

/** What a worker is told first. Its descriptors belong to the main thread, which outlives it. */
export type WorkerStart = WorkerDescriptors & {
  /** Which of the workers it is. */
  readonly index: number;
  /** What the workers share; absent when there is only one. */
  readonly shared?: Shared;
  readonly rules: OutboundRules;
  /** Counters of packets that belong to no SA. */
  readonly pathCounters: SharedArrayBuffer;
  /** Where it puts its reports, and how many places those of strangers may take; see `ReportGate`. */
  readonly reports: SharedArrayBuffer;
  readonly reportPlaces: number;
  /** See `WorkerSignals`. */
  readonly signals: SharedArrayBuffer;
  /** What is installed already. */
  readonly installed: Installation;
};

/** Sends a UDP datagram, whose `bytes` are complete, once transaction `after` is in force. */
export type SendCommand = {
  readonly kind: 'send';
  readonly after: number;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly bytes: Uint8Array;
};

/** From the main thread; several in one message, carried out in order. */
export type WorkerCommand =
  | ({ readonly kind: 'apply' } & Installation)
  | SendCommand
  | { readonly kind: 'stop' };
