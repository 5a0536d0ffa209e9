import { useEffect, useState } from 'react';
import type { EventView } from '#views/views';
import { Icon } from '../components/icon.tsx';
import { Page } from '../components/page.tsx';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { useConsole, useLive } from '../console-context.ts';
import { formatCount } from '../format.ts';
import { setParameters, useParameters } from '../router.ts';
import { EventFilter, type EventFilterValue } from './event-filter.tsx';
import { EventRow } from './event-row.tsx';

const firstLength = 100;
const filterDelayMs = 200;

function useFilter(): EventFilterValue {
  const parameters = useParameters();
  const classes = parameters.get('class');
  const severity = (name: string, fallback: number) => {
    const value = Number(parameters.get(name) ?? fallback);
    return Number.isInteger(value) && value >= 1 && value <= 13 ? value : fallback;
  };
  return {
    classes: classes === null ? [] : classes.split(','),
    severityFrom: severity('from', 1),
    severityTo: severity('to', 13),
    text: parameters.get('text') ?? '',
  };
}

/** The filter in the form that the head-end takes: what lets everything pass is left out. */
const asQuery = ({ classes, severityFrom, severityTo, text }: EventFilterValue) => ({
  ...(classes.length > 0 && { classes }),
  ...(severityFrom > 1 && { severityFrom }),
  ...(severityTo < 13 && { severityTo }),
  ...(text !== '' && { text }),
});

/** Events as they come, or those that were there when the page was held. */
function useHeldEvents(filter: string) {
  const { events } = useLive();
  const [held, setHeld] = useState<readonly EventView[]>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter shows other events
  useEffect(() => setHeld(undefined), [filter]);
  const waiting = held && events ? events.findIndex(({ seq }) => seq === held[0]?.seq) : 0;
  return {
    shown: held ?? events,
    isHeld: held !== undefined,
    waiting: waiting < 0 ? (events?.length ?? 0) : waiting,
    toggle: () => setHeld(held ? undefined : events),
  };
}

/** Events older than the live ones, asked for page by page. */
function useOlderEvents(filter: EventFilterValue, filterKey: string) {
  const { api, notify } = useConsole();
  const [older, setOlder] = useState<readonly EventView[]>([]);
  const [atEnd, setAtEnd] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter has other pages
  useEffect(() => {
    setOlder([]);
    setAtEnd(false);
  }, [filterKey]);
  const more = (before: number) => {
    api.olderEvents({ ...asQuery(filter), before }).then(
      ({ items }) => {
        setOlder((known) => [...known, ...items]);
        setAtEnd(items.length === 0);
      },
      (error: unknown) => notify((error as Error).message, 'danger'),
    );
  };
  return { older, atEnd, more };
}

function EventTable({ events }: { readonly events: readonly EventView[] }) {
  return (
    <div className="table-frame scrolls-sideways">
      <table className="table event-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Meaning</span>
            </th>
            <th scope="col" className="number">
              Number
            </th>
            <th scope="col">Time</th>
            <th scope="col">Sev</th>
            <th scope="col">Class</th>
            <th scope="col" className="number">
              RPT
            </th>
            <th scope="col">Peer</th>
            <th scope="col">Event</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <EventRow key={event.seq} event={event} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function EventLogPage() {
  const { live } = useConsole();
  const { eventClasses } = useLive();
  const filter = useFilter();
  const key = JSON.stringify(filter);
  const { shown, isHeld, waiting, toggle } = useHeldEvents(key);
  const { older, atEnd, more } = useOlderEvents(filter, key);

  useEffect(() => {
    const events = { ...asQuery(JSON.parse(key) as EventFilterValue), limit: firstLength };
    const timer = setTimeout(() => live.watch({ events }), filterDelayMs);
    return () => clearTimeout(timer);
  }, [live, key]);
  useEffect(() => () => live.watch({ events: undefined }), [live]);

  const lastLive = shown?.at(-1)?.seq;
  const all = [...(shown ?? []), ...older.filter(({ seq }) => seq < (lastLive ?? 0))];
  return (
    <Page path={['Monitoring', 'Event log']}>
      <div className="toolbar">
        <EventFilter
          value={filter}
          classes={eventClasses}
          onChange={({ classes, severityFrom, severityTo, text }) =>
            setParameters({
              class: classes.join(','),
              from: severityFrom === 1 ? undefined : String(severityFrom),
              to: severityTo === 13 ? undefined : String(severityTo),
              text,
            })
          }
        />
        <button
          type="button"
          className="button toolbar-end"
          aria-pressed={isHeld}
          disabled={!shown}
          onClick={toggle}
        >
          <Icon name={isHeld ? 'play' : 'pause'} />
          {isHeld ? `Go on (${formatCount(waiting)} new)` : 'Hold'}
        </button>
      </div>
      <p className="muted">
        Severities 1 to 5 are logged by default; <kbd>event class CLASS severity-to-log 1-13</kbd>{' '}
        logs more of a class.
      </p>
      {!shown && <LoadingState what="events" />}
      {shown && all.length === 0 && (
        <EmptyState title="No event matches">
          <p>Events appear here as they happen. Wider classes and severities let more through.</p>
        </EmptyState>
      )}
      {all.length > 0 && <EventTable events={all} />}
      {all.length >= firstLength && !atEnd && (
        <button type="button" className="button older" onClick={() => more(all.at(-1)?.seq ?? 0)}>
          Older events
        </button>
      )}
    </Page>
  );
}
