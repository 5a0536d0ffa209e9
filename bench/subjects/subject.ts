import type { Bed } from '../../labs/runner/bed.ts';
import type { Program } from '../../labs/runner/programs.ts';
import type { DhGroupNumber } from '../scenario.ts';

/** A head-end that benches measure: ours, or a peer's. */
export type Subject = {
  readonly name: string;
  readonly needs: readonly Program[];
  /** What exactly was measured, for the report. */
  version(): string;
  /**
   * Starts it in the node `conc` as `subjectProcess`, with users 1 to `userCount` and one group for
   * phase 1, by default 2; resolves when it answers.
   */
  start(bed: Bed, userCount: number, dhGroup?: DhGroupNumber): Promise<void>;
};
