import type { EventLog, LoggedEvent } from '#events/log';
import { renderVpn3000 } from '#events/render-vpn3000';
import { typedHere } from './consoles.ts';

/** A reader sees no difference, and each time costs as much as several lines. */
const BETWEEN_MS = 20;

/**
 * Prints what was and what is logged, together what comes close together. Answers leave first: a peer must not
 * tell from their delay what was written about it. The answer prints at once what still waits.
 */
export function printLater(log: EventLog, print: (text: string) => void): () => void {
  let waiting: LoggedEvent[] = [];
  let printedAt = Number.NEGATIVE_INFINITY;
  const printWaiting = (): void => {
    if (waiting.length === 0) return;
    const text = waiting.map(renderVpn3000).join('\n');
    waiting = [];
    printedAt = performance.now();
    print(text);
  };
  const later = (event: LoggedEvent): void => {
    if (typedHere(event)) return;
    waiting.push(event);
    if (waiting.length > 1) return;
    const waitMs = printedAt + BETWEEN_MS - performance.now();
    if (waitMs > 0) setTimeout(printWaiting, waitMs);
    else setImmediate(printWaiting);
  };
  for (const event of [...log.newestFirst()].reverse()) later(event);
  log.listen(later);
  return printWaiting;
}
