import { useRef } from 'react';

export type EventFilterValue = {
  /** None chosen means all. */
  readonly classes: readonly string[];
  readonly severityFrom: number;
  readonly severityTo: number;
  readonly text: string;
};

const severities = Array.from({ length: 13 }, (_, i) => i + 1);

function SeveritySelect(props: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  return (
    <label className="field">
      {props.label}
      <select
        className="input figures"
        value={props.value}
        onChange={(event) => props.onChange(Number(event.target.value))}
      >
        {severities.map((severity) => (
          <option key={severity} value={severity}>
            {severity}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A list of boxes behind a button; Escape closes it and gives the focus back. */
function ClassBoxes(props: {
  readonly chosen: readonly string[];
  readonly classes: readonly string[];
  readonly onChange: (classes: readonly string[]) => void;
}) {
  const { chosen } = props;
  const details = useRef<HTMLDetailsElement>(null);
  const names = [...new Set([...props.classes, ...chosen])].sort();
  return (
    <details
      ref={details}
      className="boxes"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !details.current) return;
        details.current.open = false;
        details.current.querySelector('summary')?.focus();
      }}
    >
      <summary className="button">
        Classes:{' '}
        {chosen.length === 0 ? 'all' : chosen.length <= 3 ? chosen.join(', ') : chosen.length}
      </summary>
      <fieldset>
        <legend className="visually-hidden">Classes of events to show</legend>
        {names.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) =>
                props.onChange(
                  event.target.checked
                    ? [...chosen, name]
                    : chosen.filter((other) => other !== name),
                )
              }
            />
            {name}
          </label>
        ))}
        <button
          type="button"
          className="button button-quiet"
          disabled={chosen.length === 0}
          onClick={() => props.onChange([])}
        >
          All classes
        </button>
      </fieldset>
    </details>
  );
}

/** The filter of the Filterable Event Log; NAT-60. */
export function EventFilter(props: {
  readonly value: EventFilterValue;
  readonly classes: readonly string[];
  readonly onChange: (value: EventFilterValue) => void;
}) {
  const { value, onChange } = props;
  return (
    <>
      <ClassBoxes
        chosen={value.classes}
        classes={props.classes}
        onChange={(classes) => onChange({ ...value, classes })}
      />
      <SeveritySelect
        label="Severity from"
        value={value.severityFrom}
        onChange={(severityFrom) =>
          onChange({ ...value, severityFrom, severityTo: Math.max(severityFrom, value.severityTo) })
        }
      />
      <SeveritySelect
        label="to"
        value={value.severityTo}
        onChange={(severityTo) =>
          onChange({ ...value, severityTo, severityFrom: Math.min(severityTo, value.severityFrom) })
        }
      />
      <input
        className="input filter"
        type="search"
        aria-label="Filter events"
        placeholder="Filter by text, user, peer…"
        maxLength={128}
        value={value.text}
        onChange={(event) => onChange({ ...value, text: event.target.value })}
      />
    </>
  );
}
