import type { ManagementPort } from './management-port.ts';

/** One value of a metric, told from the others by its labels. */
export type Sample = { readonly value: number; readonly labels: Readonly<Record<string, string>> };

/** One metric, as its help and the reference describe it. */
export type Metric = {
  readonly type: 'gauge' | 'counter';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (port: ManagementPort) => readonly Sample[];
};
