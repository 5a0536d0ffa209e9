import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Configuration } from '#config/configuration';
import type { ConfigurationOwner } from '#config/console-commands';
import type { Sealing } from './passwords.ts';
import type { Performed } from './shell.ts';

const WRITE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
  EACCES: 'this process may not write there',
  EPERM: 'this process may not write there',
};

/** What a process does about changes of its configuration. */
export type Changes = {
  /** Told of every change. */
  readonly applied: (configuration: Configuration) => void;
  /** What of a change has to wait, as phrases. */
  readonly pending: (before: Configuration, after: Configuration) => readonly string[];
};

/** The configuration of a running process, and the file that it was read from. */
export class RunningConfiguration implements ConfigurationOwner {
  #running: Configuration;
  #startup: Configuration;
  readonly #file: string | undefined;
  readonly #changes: Changes;

  /** Without a `file` nothing can be saved. */
  constructor(configuration: Configuration, file: string | undefined, changes: Changes) {
    this.#running = configuration;
    this.#startup = configuration;
    this.#file = file;
    this.#changes = changes;
  }

  running(): Configuration {
    return this.#running;
  }

  startup(): Configuration {
    return this.#startup;
  }

  apply(candidate: Configuration): void {
    this.#running = candidate;
    this.#changes.applied(candidate);
  }

  /** Puts verifiers in the place of passwords, in what was read at the start too. */
  seal({ seal }: Sealing): void {
    this.#startup = seal(this.#startup);
    this.apply(seal(this.#running));
  }

  pending(before: Configuration, after: Configuration): readonly string[] {
    return this.#changes.pending(before, after);
  }

  /** `write memory`: replaces the file whole or not at all; it is readable by its owner only. */
  save(text: string): Performed {
    if (this.#file === undefined)
      return { text: '% This configuration has no file to be written to', failed: true };
    const target = resolve(this.#file);
    const beside = `${target}.new`;
    try {
      mkdirSync(dirname(target), { recursive: true });
      replaceFile(target, beside, text);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason = WRITE_PROBLEMS[code ?? ''] ?? message;
      return { text: `% ${target} was not written, and is as it was: ${reason}`, failed: true };
    }
    this.#startup = this.#running;
    return { text: '[OK]', failed: false };
  }
}

/** Writes a file beside the target, and gives it the target's name once it is whole on the disk. */
function replaceFile(target: string, beside: string, text: string): void {
  // A file of our own: nothing is written through a link that somebody else left there.
  if (lstatSync(beside, { throwIfNoEntry: false })) unlinkSync(beside);
  const file = openSync(beside, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, target);
  } catch (error) {
    // Half a configuration is of no use to anybody.
    unlinkSync(beside);
    throw error;
  }
}
