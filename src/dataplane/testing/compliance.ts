import type { BenchFactory } from './bench.ts';
import { controlStories } from './control-stories.ts';
import { inboundStories } from './inbound-stories.ts';
import { outboundStories } from './outbound-stories.ts';
import { payloadStories } from './payload-stories.ts';
import { sizeStories } from './size-stories.ts';
import { tableStories } from './table-stories.ts';

/** What every back end of `DataPlane` has to do, told as stories over its bench. */
export function dataPlaneCompliance(factory: BenchFactory): void {
  controlStories(factory);
  inboundStories(factory);
  outboundStories(factory);
  payloadStories(factory);
  sizeStories(factory);
  tableStories(factory);
}
