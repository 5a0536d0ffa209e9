import type { ClusterSessionView } from '#views/cluster-views';
import { LegacyMark, StateMark } from '../components/marks.tsx';
import { EmptyState } from '../components/states.tsx';
import { formatCount } from '../format.ts';
import { Drawer } from './drawer.tsx';
import { Facts, figures, sessionFacts } from './session-facts.tsx';

/** What is known of a session of another member; its security associations stay there. */
export function MemberSessionDrawer(props: { readonly session: ClusterSessionView | undefined }) {
  const { session } = props;
  return (
    <Drawer
      subject={`${session?.member} ${session?.index}`}
      title={session?.username ?? 'Session'}
      number={session?.index}
      actions={session && <StateMark state={session.state} />}
    >
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
    </Drawer>
  );
}
