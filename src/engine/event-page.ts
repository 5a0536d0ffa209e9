import type { EventPage, EventQuery, EventView } from '#views/views';

function matches(event: EventView, query: EventQuery, text: string): boolean {
  if (query.severityFrom !== undefined && event.severity < query.severityFrom) return false;
  if (query.severityTo !== undefined && event.severity > query.severityTo) return false;
  if (query.classes && !query.classes.includes(event.class)) return false;
  if (text === '') return true;
  return [
    event.text,
    event.username,
    event.group,
    event.peer,
    `${event.class}/${event.number}`,
  ].some((field) => field?.toLowerCase().includes(text));
}

/**
 * The events of `query` out of `newestFirst`, which is walked no further than needed; NAT-60.
 * `classes` are those of the catalogue.
 */
export function pageOfEvents(
  newestFirst: Iterable<EventView>,
  query: EventQuery,
  classes: readonly string[],
): EventPage {
  const text = query.text?.trim().toLowerCase() ?? '';
  const items: EventView[] = [];
  let lastSeq = 0;
  for (const event of newestFirst) {
    if (lastSeq === 0) lastSeq = event.seq;
    if (query.after !== undefined && event.seq <= query.after) break;
    if (query.before !== undefined && event.seq >= query.before) continue;
    if (!matches(event, query, text)) continue;
    items.push(event);
    if (items.length >= query.limit) break;
  }
  return { items, lastSeq, classes };
}
