import type { Bed } from '../../labs/runner/bed.ts';
import type { Program } from '../../labs/runner/programs.ts';

/** A VPN client whose tunnel carries the traffic of a goodput bench. */
export type Client = {
  readonly name: string;
  readonly needs: readonly Program[];
  version(): string;
  /** Connects user 1 from the node `client` as `clientProcess`; resolves when the tunnel stands. */
  connect(bed: Bed): Promise<void>;
};
