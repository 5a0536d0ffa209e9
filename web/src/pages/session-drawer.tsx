import type { ReactNode } from 'react';
import type { IpsecSaView, IsakmpSaView, SessionDetailView, SessionView } from '#views/views';
import { LegacyMark, StateMark } from '../components/marks.tsx';
import { EmptyState, LoadingState } from '../components/states.tsx';
import { useConsole, useLive } from '../console-context.ts';
import { formatCount, formatDuration, formatEndpoint, formatOctets, formatSpi } from '../format.ts';
import { Drawer } from './drawer.tsx';
import { Facts, figures, sessionFacts } from './session-facts.tsx';

const natTraversalWords: Readonly<Record<IsakmpSaView['natTraversal'], string>> = {
  none: 'not in use',
  rfc3947: 'RFC 3947',
  'draft-02': 'draft 02',
  'draft-03': 'draft 03',
};

function natWords(sa: IsakmpSaView): string {
  if (sa.localBehindNat && sa.remoteBehindNat) return 'both ends';
  if (sa.remoteBehindNat) return 'the client';
  return sa.localBehindNat ? 'this head-end' : 'neither end';
}

function IsakmpSa({ sa }: { readonly sa: IsakmpSaView }) {
  return (
    <section>
      <h3>
        IKE SA <span className="mark mark-plain figures">{sa.state}</span>
        <LegacyMark algorithms={sa.legacy} />
      </h3>
      <Facts
        facts={[
          ['Local', figures(formatEndpoint(sa.localAddress, sa.localPort))],
          ['Remote', figures(formatEndpoint(sa.remoteAddress, sa.remotePort))],
          ['Role', sa.role],
          ['Algorithms', `${sa.encryption}, ${sa.hash}, DH group ${sa.dhGroup}`],
          ['Authentication', sa.authentication],
          ['NAT traversal', natTraversalWords[sa.natTraversal]],
          ['Behind NAT', natWords(sa)],
          ['Cookies', figures(`${sa.initiatorCookie} ${sa.responderCookie}`)],
          [
            'Lifetime',
            figures(
              `${formatDuration(1000 * sa.remainingSeconds)} of ${formatDuration(1000 * sa.lifetimeSeconds)}`,
            ),
          ],
        ]}
      />
    </section>
  );
}

function Directions({ sa }: { readonly sa: IpsecSaView }) {
  return (
    <table className="directions">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Counter</span>
          </th>
          <th scope="col">Inbound</th>
          <th scope="col">Outbound</th>
        </tr>
      </thead>
      <tbody className="figures">
        <tr>
          <th scope="row">SPI</th>
          <td>{formatSpi(sa.inboundSpi)}</td>
          <td>{formatSpi(sa.outboundSpi)}</td>
        </tr>
        <tr>
          <th scope="row">Packets</th>
          <td>{formatCount(sa.inbound.packets)}</td>
          <td>{formatCount(sa.outbound.packets)}</td>
        </tr>
        <tr>
          <th scope="row">Octets</th>
          <td>{formatOctets(sa.inbound.octets)}</td>
          <td>{formatOctets(sa.outbound.octets)}</td>
        </tr>
      </tbody>
    </table>
  );
}

function refusedPackets(sa: IpsecSaView): ReactNode {
  const reasons: readonly (readonly [number, string])[] = [
    [sa.replayed, 'replayed'],
    [sa.authenticationFailed, 'not authentic'],
    [sa.malformed, 'malformed'],
    [sa.selectorMismatch, 'outside the selectors'],
    [sa.expired, 'beyond the lifetime'],
  ];
  const told = reasons.filter(([count]) => count > 0);
  if (told.length === 0) return 'none';
  return (
    <span className="mark mark-warn">
      {told.map(([count, reason]) => `${formatCount(count)} ${reason}`).join(', ')}
    </span>
  );
}

/** A pair of IPsec SAs: the UDP source and destination port of the client are what NAT-39 is about. */
function IpsecSa({ sa }: { readonly sa: IpsecSaView }) {
  const encapsulated = sa.encapsulation === 'udp';
  return (
    <section>
      <h3>
        IPsec SA <LegacyMark algorithms={sa.legacy} />
      </h3>
      <Directions sa={sa} />
      <Facts
        facts={[
          ['Encapsulation', encapsulated ? `${sa.mode}, ESP in UDP` : `${sa.mode}, ESP`],
          ...(encapsulated
            ? ([
                ['UDP source port', figures(String(sa.remotePort))],
                ['UDP destination port', figures(String(sa.localPort))],
              ] as const)
            : []),
          ['Algorithms', [sa.encryption, sa.hash, sa.pfs].filter(Boolean).join(', ')],
          ['Local network', figures(sa.localNetwork)],
          ['Remote network', figures(sa.remoteNetwork)],
          ['Replay window', `${sa.replayWindow} packets`],
          [
            'Lifetime',
            figures(
              `${formatDuration(1000 * sa.remainingSeconds)} of ${formatDuration(1000 * sa.lifetimeSeconds)}`,
            ),
          ],
          ['Refused', refusedPackets(sa)],
        ]}
      />
    </section>
  );
}

function DrawerBody({ detail }: { readonly detail: SessionDetailView }) {
  return (
    <>
      <section>
        <h3>Session</h3>
        <Facts facts={sessionFacts(detail.session, detail.asOf)} />
      </section>
      {detail.isakmpSas.map((sa) => (
        <IsakmpSa key={sa.id} sa={sa} />
      ))}
      {detail.ipsecSas.map((sa) => (
        <IpsecSa key={sa.inboundSpi} sa={sa} />
      ))}
    </>
  );
}

/** Everything about one session, beside the table it was chosen from; LB-61, NAT-39. */
export function SessionDrawer(props: {
  readonly index: number;
  readonly onLogOff: (session: SessionView) => void;
}) {
  const { me } = useConsole();
  const { detail, detailEnded } = useLive();
  const shown = detail?.session.index === props.index ? detail : undefined;
  const ended = detailEnded === props.index;
  const actions = (
    <>
      {ended ? (
        <span className="mark mark-plain">Ended</span>
      ) : (
        shown && <StateMark state={shown.session.state} />
      )}
      {shown && !ended && me.mayChange && (
        <button
          type="button"
          className="button button-quiet"
          onClick={() => props.onLogOff(shown.session)}
        >
          Log out
        </button>
      )}
    </>
  );
  return (
    <Drawer
      subject={String(props.index)}
      title={shown?.session.username ?? 'Session'}
      number={props.index}
      actions={actions}
    >
      {ended && (
        <EmptyState title="This session has ended">
          {shown && <p>What follows is its last state.</p>}
        </EmptyState>
      )}
      {shown ? <DrawerBody detail={shown} /> : !ended && <LoadingState what="the details" />}
    </Drawer>
  );
}
