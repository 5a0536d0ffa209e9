import type { EventLog, LoggedEvent } from '#events/log';
import { renderVpn3000 } from '#events/render-vpn3000';
import { typedHere } from './consoles.ts';

/**
 * Prints what was and what is logged, the events of one turn of the event loop at once. Answers leave
 * first: a peer must not tell from their delay what was written about it.
 */
export function printLater(log: EventLog, print: (text: string) => void): void {
  let waiting: LoggedEvent[] = [];
  const later = (event: LoggedEvent): void => {
    if (typedHere(event)) return;
    if (waiting.length === 0)
      setImmediate(() => {
        const text = waiting.map(renderVpn3000).join('\n');
        waiting = [];
        print(text);
      });
    waiting.push(event);
  };
  for (const event of [...log.newestFirst()].reverse()) later(event);
  log.listen(later);
}
