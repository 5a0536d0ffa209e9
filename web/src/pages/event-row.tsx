import { memo, useState } from 'react';
import type { EventView } from '#views/views';
import { Icon } from '../components/icon.tsx';
import { SeverityMark } from '../components/marks.tsx';
import { formatEventTime } from '../format.ts';

function Subject({ event }: { readonly event: EventView }) {
  const { group, username } = event;
  if (group === undefined && username === undefined) return null;
  return (
    <div className="muted">
      {group !== undefined && `Group [${group}] `}
      {username !== undefined && `User [${username}]`}
    </div>
  );
}

/** One line of the log; it unfolds to what it means and what to do. */
export const EventRow = memo(function EventRow({ event }: { readonly event: EventView }) {
  const [open, setOpen] = useState(false);
  const name = `${event.class}/${event.number}`;
  const meaning = `meaning-${event.seq}`;
  return (
    <>
      <tr data-open={open || undefined} data-grave={event.severity <= 3 || undefined}>
        <td>
          <button
            type="button"
            className="unfold"
            aria-expanded={open}
            aria-controls={open ? meaning : undefined}
            aria-label={`Meaning of event ${event.seq}, ${name}`}
            onClick={() => setOpen(!open)}
          >
            <Icon name="next" />
          </button>
        </td>
        <td className="number figures muted" data-label="No.">
          {event.seq}
        </td>
        <td className="figures event-time">
          <time dateTime={new Date(event.at).toISOString()}>{formatEventTime(event.at)}</time>
        </td>
        <td>
          <SeverityMark severity={event.severity} />
        </td>
        <td className="figures">{name}</td>
        <td className="number figures muted" data-label="RPT">
          {event.repeat}
        </td>
        <td className="figures">{event.peer}</td>
        <td className="event-text figures">
          <Subject event={event} />
          {event.text}
        </td>
      </tr>
      {open && (
        <tr className="meaning" id={meaning}>
          <td />
          <td colSpan={7}>
            <dl>
              <div>
                <dt>What it means</dt>
                <dd>{event.why}</dd>
              </div>
              <div>
                <dt>What to do</dt>
                <dd>{event.remedy}</dd>
              </div>
            </dl>
          </td>
        </tr>
      )}
    </>
  );
});
