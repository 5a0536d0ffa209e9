import { type ReactNode, useEffect, useRef } from 'react';
import { Icon } from '../components/icon.tsx';
import { setParameters } from '../router.ts';

const close = () => setParameters({ session: undefined, on: undefined });

/**
 * The frame of what is shown beside the table it was chosen from. Its heading has the focus from the start,
 * and anew for another `subject`; when it closes, whatever had the focus before has it again.
 */
export function Drawer(props: {
  readonly subject: string;
  readonly title: string;
  readonly number: number | undefined;
  /** Marks and buttons between the heading and the one that closes. */
  readonly actions: ReactNode;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject is read from its top
  useEffect(() => {
    const cameFrom = document.activeElement;
    heading.current?.focus();
    return () => {
      if (cameFrom instanceof HTMLElement && cameFrom.isConnected) cameFrom.focus();
    };
  }, [props.subject]);
  return (
    <aside
      className="drawer"
      aria-labelledby="drawer-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="drawer-header">
        <h2 id="drawer-title" ref={heading} tabIndex={-1}>
          {props.title}{' '}
          <span className="figures muted">{props.number !== undefined && `#${props.number}`}</span>
        </h2>
        {props.actions}
        <button
          type="button"
          className="button button-icon"
          aria-label="Close the details"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      {props.children}
    </aside>
  );
}
