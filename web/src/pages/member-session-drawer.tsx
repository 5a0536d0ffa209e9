import { useEffect, useRef } from 'react';
import type { ClusterSessionView } from '#views/cluster-views';
import { Icon } from '../components/icon.tsx';
import { LegacyMark, StateMark } from '../components/marks.tsx';
import { EmptyState } from '../components/states.tsx';
import { formatCount } from '../format.ts';
import { setParameters } from '../router.ts';
import { Facts, figures, sessionFacts } from './session-facts.tsx';

const close = () => setParameters({ session: undefined, on: undefined });

/** What is known of a session of another member; its security associations stay there. */
export function MemberSessionDrawer(props: { readonly session: ClusterSessionView | undefined }) {
  const { session } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another session is read from its top
  useEffect(() => heading.current?.focus(), [session?.member, session?.index]);
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
          {session?.username ?? 'Session'}{' '}
          <span className="figures muted">{session && `#${session.index}`}</span>
        </h2>
        {session && <StateMark state={session.state} />}
        <button
          type="button"
          className="button button-icon"
          aria-label="Close the details"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      {session ? (
        <section>
          <h3>
            Session <LegacyMark algorithms={session.legacy} />
          </h3>
          <Facts
            facts={[
              ['Member', figures(session.member)],
              // Times of login are by the clock of the member, and durations are not.
              ...sessionFacts(session, session.loginAt + session.durationMs),
              ['Bytes Tx', figures(formatCount(session.bytesTx))],
              ['Bytes Rx', figures(formatCount(session.bytesRx))],
            ]}
          />
          <p className="muted drawer-note">
            Its security associations are with member {session.member}, and so is logging it out.
          </p>
        </section>
      ) : (
        <EmptyState title="This session is not on this page" />
      )}
    </aside>
  );
}
