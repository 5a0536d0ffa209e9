import type { Configuration, Slice } from './configuration.ts';
import type { Declaration } from './setting.ts';

/** The order of a listing, from its first line to its last; sections of all rooms are sorted by it. */
export const LISTING_ORDER = [
  'identity',
  'interfaces',
  'names',
  'access-lists',
  'logging',
  'pools',
  'translation',
  'routes',
  'servers',
  'management',
  'cryptography',
  'policies',
  'users',
  'groups',
  'kept',
] as const;
export type ListingPlace = (typeof LISTING_ORDER)[number];

/** Commands that belong together, in the order of their lines. */
export type Section = {
  /** Heading of the reference page. */
  readonly title: string;
  readonly place: ListingPlace;
  readonly commands: readonly Declaration[];
  /** Whether all lines of one element (of one first token) stand together, whichever command made them. */
  readonly collated?: boolean;
};

export type FindingSeverity = 'error' | 'warning' | 'info';

/** What verification has to say about one line of the configuration. */
export type Finding = {
  readonly severity: FindingSeverity;
  /** The line as the listing writes it, preceded by the lines of the modes it stands in. */
  readonly at: readonly string[];
  readonly reason: string;
  /** What to do about it; a command where there is one. */
  readonly remedy?: string;
  /** An error while this very line is being set; a warning when another change brings it about. */
  readonly onlyWhenSet?: boolean;
};

/** What a room adds to the configuration language. */
export type Room = {
  readonly slices: readonly Slice<unknown>[];
  readonly sections: readonly Section[];
  /** Judges the whole configuration; must not depend on the order of commands. */
  readonly verify?: (configuration: Configuration) => readonly Finding[];
};
