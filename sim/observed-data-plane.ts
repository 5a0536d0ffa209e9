import type { ForwardingChange } from '#dataplane/data-plane';
import { MemoryDataPlane } from '#dataplane/memory-data-plane';

/** The memory back end, with a tally of the inbound SAs that were installed and not removed. */
export class ObservedDataPlane extends MemoryDataPlane {
  /** Inbound SPIs of the SAs in force. */
  readonly installed = new Set<number>();

  override apply(changes: readonly ForwardingChange[]): void {
    super.apply(changes);
    for (const change of changes)
      if (change.kind === 'addInbound') this.installed.add(change.sa.spi);
      else if (change.kind === 'removeInbound') this.installed.delete(change.spi);
  }
}
