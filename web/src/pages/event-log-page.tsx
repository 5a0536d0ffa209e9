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

type Held = { readonly events: readonly EventView[]; readonly run: number };

/** Events as they come, or those that were there when the page was held. */
function useHeldEvents(filter: string) {
  const { events, eventsRun } = useLive();
  const [held, setHeld] = useState<Held>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter shows other events
  useEffect(() => setHeld(undefined), [filter]);
  const newest = held?.events[0]?.seq;
  const known =
    held?.run === eventsRun ? (events?.findIndex(({ seq }) => seq === newest) ?? -1) : -1;
  return {
    shown: held?.events ?? events,
    run: held?.run ?? eventsRun,
    isHeld: held !== undefined,
    waiting: known < 0 ? (events?.length ?? 0) : known,
    toggle: () => setHeld(held || !events ? undefined : { events, run: eventsRun }),
    /** Adds what comes next before the event `before`, if that is still the oldest one that is held. */
    addOlder: (before: number, older: readonly EventView[]) =>
      setHeld((now) =>
        now?.events.at(-1)?.seq === before ? { ...now, events: [...now.events, ...older] } : now,
      ),
  };
}

/** Asks for events older than those that are there, page by page. */
function useOlderEvents(filter: EventFilterValue, run: number, addHeld: Add) {
  const { api, live, notify } = useConsole();
  // The log has nothing older than this event.
  const [end, setEnd] = useState<string>();
  const more = (before: number) => {
    api.olderEvents({ ...asQuery(filter), before }).then(
      ({ items }) => {
        live.addOlderEvents(run, before, items);
        addHeld(before, items);
        if (items.length === 0) setEnd(`${run} ${before}`);
      },
      (error: unknown) => notify((error as Error).message, 'danger'),
    );
  };
  return { more, isEnd: (oldest: number) => end === `${run} ${oldest}` };
}

type Add = (before: number, older: readonly EventView[]) => void;

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
  const { eventClasses, eventsRun } = useLive();
  const filter = useFilter();
  const key = JSON.stringify(filter);
  const { shown, run, isHeld, waiting, toggle, addOlder } = useHeldEvents(key);
  const { more, isEnd } = useOlderEvents(filter, run, addOlder);

  useEffect(() => {
    const events = { ...asQuery(JSON.parse(key) as EventFilterValue), limit: firstLength };
    const timer = setTimeout(() => live.watch({ events }), filterDelayMs);
    return () => clearTimeout(timer);
  }, [live, key]);
  useEffect(() => () => live.watch({ events: undefined }), [live]);

  const oldest = shown?.at(-1)?.seq ?? 0;
  // What was held before the connection was lost may be of another device, or of another run of it.
  const mayHaveOlder = run === eventsRun && (shown?.length ?? 0) >= firstLength && !isEnd(oldest);
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
      {shown?.length === 0 && (
        <EmptyState title="No event matches">
          <p>Events appear here as they happen. Wider classes and severities let more through.</p>
        </EmptyState>
      )}
      {shown && shown.length > 0 && <EventTable events={shown} />}
      {mayHaveOlder && (
        <button type="button" className="button older" onClick={() => more(oldest)}>
          Older events
        </button>
      )}
    </Page>
  );
}
