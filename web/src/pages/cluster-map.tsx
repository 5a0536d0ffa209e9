import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ChoiceView, ClusterView } from '#views/cluster-views';
import {
  formatHeard,
  isThere,
  roleWord,
  type ShownMember,
  suspicionsText,
  traitsOf,
} from '../cluster.ts';
import { formatCount } from '../format.ts';

const wireHeight = 40;
/** Narrower than this, members stand below each other and no lines lead to them. */
const memberWidth = 172;

function useWidth() {
  const [width, setWidth] = useState(0);
  const place = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { width, place };
}

function wirePath(width: number, count: number, i: number): string {
  const from = width / 2;
  const to = (width * (i + 0.5)) / count;
  const turn = 6;
  const middle = wireHeight / 2;
  if (Math.abs(to - from) < 2 * turn) return `M${from} 0V${wireHeight}`;
  const way = to > from ? turn : -turn;
  return `M${from} 0V${middle - turn}q0 ${turn} ${way} ${turn}H${to - way}q${way} 0 ${way} ${turn}V${wireHeight}`;
}

/** The lines from the cluster address to the members; the one to the master stands out. */
function Wires(props: {
  readonly members: readonly ShownMember[];
  readonly width: number;
  readonly latest: ChoiceView | undefined;
}) {
  const { members, width, latest } = props;
  const wires = members.map((member, i) => ({
    member,
    path: wirePath(width, members.length, i),
    state: isThere(member) ? member.role : 'gone',
  }));
  // What stands out is drawn last, over the others.
  const ordered = [...wires].sort((a, b) =>
    a.state === 'master' ? 1 : b.state === 'master' ? -1 : 0,
  );
  const chosen = wires.find(({ member }) => member.privateAddress === latest?.member);
  return (
    <svg
      className="wires"
      width={width}
      height={wireHeight}
      viewBox={`0 0 ${width} ${wireHeight}`}
      aria-hidden="true"
    >
      {ordered.map(({ member, path, state }) => (
        <path key={member.privateAddress} d={path} className={`wire wire-${state}`} />
      ))}
      {chosen && (
        <path
          key={latest?.seq}
          d={chosen.path}
          className={`wire-pulse member-${chosen.member.colour}`}
          pathLength={1}
        />
      )}
    </svg>
  );
}

function MemberLoad({ member }: { readonly member: ShownMember }) {
  const { load, hostname } = member;
  if (!load || !isThere(member))
    return (
      <p className="member-load muted">
        {isThere(member) ? 'Load known to the master only' : 'No load'}
      </p>
    );
  const tone = load.percent >= 95 ? 'danger' : load.percent >= 80 ? 'warn' : 'success';
  return (
    <div className="member-load">
      <div>
        <strong className="figures">{load.percent} %</strong>{' '}
        <span className="muted">
          {formatCount(load.sessions)} of {formatCount(load.limit)} sessions
        </span>
      </div>
      <meter
        className={`fill fill-${tone}`}
        min={0}
        max={100}
        value={load.percent}
        aria-label={`Load of ${hostname}`}
      />
    </div>
  );
}

function Member(props: {
  readonly view: ClusterView;
  readonly member: ShownMember;
  readonly latest: ChoiceView | undefined;
  readonly children: ReactNode;
}) {
  const { view, member, latest } = props;
  const chosen = latest?.member === member.privateAddress ? latest.seq : undefined;
  const role = isThere(member) ? member.role : 'gone';
  return (
    <li className="member" data-role={role} data-condition={member.condition}>
      <article key={chosen} className="member-card" data-chosen={chosen !== undefined || undefined}>
        <h3>
          <span className={`member-dot member-${member.colour}`} aria-hidden="true" />
          <span className="member-name">{member.hostname}</span>
          {member.isSelf && <span className="muted member-self">this member</span>}
        </h3>
        <div className="member-marks">
          {isThere(member) && (
            <span className={`mark mark-${member.role === 'master' ? 'success' : 'plain'}`}>
              {roleWord(view, member.role)}
            </span>
          )}
          {traitsOf(member).map(({ tone, word }) => (
            <span key={word} className={`mark mark-${tone}`}>
              {word}
            </span>
          ))}
        </div>
        <div className="figures member-address">{member.publicAddress}</div>
        <MemberLoad member={member} />
        <p className="muted member-note">
          Priority {member.priority}
          {member.heard && (
            <>
              , last heard <span className="figures">{formatHeard(member.heard)}</span>
            </>
          )}
          {member.suspected && (
            <>
              <br />
              {suspicionsText(member)}
            </>
          )}
        </p>
        {props.children}
      </article>
    </li>
  );
}

/** Who has the cluster address, who stands by, and who is in trouble. */
export function ClusterMap(props: {
  readonly view: ClusterView;
  readonly members: readonly ShownMember[];
  /** The newest choice that was made while this page looked on. */
  readonly latest: ChoiceView | undefined;
  readonly actionsOf: (member: ShownMember) => ReactNode;
}) {
  const { view, members, latest } = props;
  const { width, place } = useWidth();
  const drawsWires = width > 0 && width / members.length >= memberWidth;
  const master = members.find((member) => member.role === 'master' && isThere(member));
  return (
    <section className="cluster-map" aria-label="Map of the cluster">
      <div className="cluster-address" data-served={master !== undefined || undefined}>
        <span className="muted">Cluster address</span>
        <strong className="figures">{view.clusterAddresses.join(' ') || 'not known yet'}</strong>
        <span className="muted">{master ? `with ${master.hostname}` : 'with nobody'}</span>
      </div>
      {drawsWires && <Wires members={members} width={width} latest={latest} />}
      <ul ref={place} className="members" data-wired={drawsWires || undefined}>
        {members.map((member) => (
          <Member key={member.privateAddress} view={view} member={member} latest={latest}>
            {props.actionsOf(member)}
          </Member>
        ))}
      </ul>
    </section>
  );
}
