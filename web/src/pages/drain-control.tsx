import { useRef } from 'react';
import type { ClusterView } from '#views/cluster-views';
import type { Confirmation } from '../components/confirm-dialog.tsx';
import { useConsole } from '../console-context.ts';
import { formatCount } from '../format.ts';

/** Draining and its end, each told when it is done. */
export function useDrain(ask: (confirmation: Confirmation) => void) {
  const { api, notify } = useConsole();
  const failed = (error: unknown) => notify((error as Error).message, 'danger');
  const wanted = useRef({ move: false, minutes: '' });
  const begin = ({ self }: ClusterView) => {
    wanted.current = { move: false, minutes: '' };
    ask({
      title: `Drain ${self.hostname}?`,
      body: (
        <div className="drain-form">
          <p>
            It takes no new clients until the drain is taken back. Sessions go on until they end.
          </p>
          <label>
            <input
              type="checkbox"
              onChange={({ target }) => {
                wanted.current = { ...wanted.current, move: target.checked };
              }}
            />
            Tell clients to connect anew, to other members
          </label>
          <label className="field">
            End after
            <input
              className="input figures"
              inputMode="numeric"
              pattern="[1-9][0-9]{0,3}"
              size={5}
              onChange={({ target }) => {
                wanted.current = { ...wanted.current, minutes: target.value };
              }}
            />
            minutes, or never
          </label>
        </div>
      ),
      act: 'Drain',
      onConfirm: () => {
        const { move, minutes } = wanted.current;
        const request = { move, ...(minutes !== '' && { minutes: Number(minutes) }) };
        api.drain(request).then(() => notify(`${self.hostname} takes no new clients.`), failed);
      },
    });
  };
  const end = ({ self }: ClusterView) =>
    api.endDrain().then(() => notify(`${self.hostname} takes clients again.`), failed);
  return { begin, end };
}

/** The button of this member's card, and how far a drain has come. */
export function DrainControl(props: {
  readonly view: ClusterView;
  readonly onBegin: () => void;
  readonly onEnd: () => void;
}) {
  const { drain } = props.view;
  if (!drain)
    return (
      <button type="button" className="button" onClick={props.onBegin}>
        Drain…
      </button>
    );
  const gone = drain.sessionsAtStart - drain.sessionsLeft;
  return (
    <>
      <p className="drain-progress">
        {drain.over === undefined
          ? `${formatCount(drain.sessionsLeft)} of ${formatCount(drain.sessionsAtStart)} sessions left`
          : `Drained: ${drain.over}`}
        <meter
          className="fill fill-success"
          min={0}
          max={Math.max(1, drain.sessionsAtStart)}
          value={drain.sessionsAtStart === 0 ? 1 : gone}
          aria-label="Sessions that have ended since the drain began"
        />
      </p>
      <button type="button" className="button" onClick={props.onEnd}>
        Take clients again
      </button>
    </>
  );
}
