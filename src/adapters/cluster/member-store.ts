import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '#base/result';
import { memberIdOf, nextIncarnation } from '#protocol/vcl/incarnation';
import type { Identity } from '#protocol/vcl/state';
import type { Incarnation, MemberId } from '#wire/vcl/fields';

/** SQLITE_CORRUPT and SQLITE_NOTADB: no repetition reads such a file. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

const errorCodeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;

/** What is drawn for a new life: 8 octets for the number of a new member, 2 for the incarnation. */
export type LifeRandom = { readonly member: Uint8Array; readonly incarnation: Uint8Array };

/** What a member of a cluster must not forget: its number, and the number of its last life. */
export class MemberStore {
  readonly #path: string;
  #database: DatabaseSync | undefined;

  /** `path` of the SQLite file; its folder is made when it is missing. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The identity of a new life, which is on disk before this returns: a member that forgot how often it
   * lived could be taken for a recording of itself. The error says what to do.
   */
  newLife(random: LifeRandom, wallClockMs: number): Result<Identity, string> {
    try {
      const database = this.#open();
      const row = database.prepare('SELECT id, incarnation FROM member').get();
      const member = (row?.id as MemberId | undefined) ?? memberIdOf(random.member);
      const last = row?.incarnation as Incarnation | undefined;
      const [high = 0, low = 0] = random.incarnation;
      const incarnation = nextIncarnation(last, wallClockMs, high * 256 + low);
      if (incarnation === undefined) return err(`${this.#path} holds the last life there is`);
      database
        .prepare(
          'INSERT INTO member (one, id, incarnation) VALUES (1, ?, ?) ' +
            'ON CONFLICT (one) DO UPDATE SET id = excluded.id, incarnation = excluded.incarnation',
        )
        .run(member, incarnation);
      return ok({ member, incarnation });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      return err(
        DAMAGED.has(errorCodeOf(error))
          ? `what a member remembers in ${this.#path} is damaged: ${reason}; remove the file, and the ` +
              'member takes part under a new number'
          : `what a member must remember cannot be written to ${this.#path}: ${reason}; make it writable, ` +
              'or name another folder with --state',
      );
    }
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(this.#path);
    try {
      // Written means written: the next life must be greater even after a loss of power.
      database.exec('PRAGMA synchronous = FULL');
      database.exec(
        'CREATE TABLE IF NOT EXISTS member (one INTEGER PRIMARY KEY CHECK (one = 1), ' +
          'id TEXT NOT NULL, incarnation TEXT NOT NULL) STRICT',
      );
    } catch (error) {
      // It is tried again and again while a disk is full, and each would keep the file open.
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }
}
