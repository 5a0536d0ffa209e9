/** What every subject, client and generator of the benches agrees on. */
import { join } from 'node:path';
import { Bed } from '../labs/runner/bed.ts';
import { loadTopology } from '../labs/runner/lab.ts';

/** Addresses as `topology.txt` has them; the group and its key as both ends are told. */
export const scenario = {
  gateway: '172.16.172.50',
  insideHost: '192.168.2.10',
  group: 'ciscovpn',
  groupKey: 'shared-by-the-group',
  pool: { first: '10.64.0.1', last: '10.65.255.254', mask: '255.254.0.0', prefix: '10.64.0.0/15' },
} as const;

/** Diffie-Hellman groups of phase 1 by number, and what strongSwan calls them. */
export const dhGroups = { 2: 'modp1024', 14: 'modp2048', 19: 'ecp256' } as const;
export type DhGroupNumber = keyof typeof dhGroups;

/** Users are numbered from 1. */
export const userName = (number: number | '%n'): string => `user${number}`;
export const userPassword = (number: number | '%n'): string => `password-of-user${number}`;

/** Names of the processes whose processor time is measured. */
export const subjectProcess = 'subject';
export const clientProcess = 'client';
export const generatorProcess = 'generator';

/** A fresh network with nothing in it. */
export const newBed = (name: string): Bed =>
  new Bed(
    `bench-${name}`,
    loadTopology(join(import.meta.dirname, 'topology.txt')),
    import.meta.dirname,
  );
