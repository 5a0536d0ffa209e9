import type { ReactNode } from 'react';
import type { SessionKind, SessionSortKey, SessionView } from '#views/views';
import { LegacyMark, StateMark } from '../components/marks.tsx';
import { Sparkline } from '../components/sparkline.tsx';
import {
  formatCount,
  formatDuration,
  formatEndpoint,
  formatLoginTime,
  formatOctets,
  formatRate,
} from '../format.ts';
import { currentRate, rateHistory, type TrafficSample } from '../live-state.ts';

/** What a cell may need besides its session. */
export type CellContext = {
  readonly asOf: number;
  readonly traffic: readonly TrafficSample[];
};

/** One or two headings over each other, as the concentrator stacks them; NAT-37. */
export type Column<T extends SessionView = SessionView> = {
  readonly headings: readonly { readonly label: string; readonly sort?: SessionSortKey }[];
  readonly className?: string;
  /** The details say it too: left out beside the open drawer and in a narrow table; cards have all. */
  readonly minor?: boolean;
  readonly cell: (session: T, context: CellContext) => ReactNode;
};

const addresses: Column = {
  className: 'addresses',
  headings: [
    { label: 'Assigned IP address', sort: 'assignedAddress' },
    { label: 'Public IP address', sort: 'publicAddress' },
  ],
  cell: ({ assignedAddress, publicAddress, publicPort }) => (
    <>
      <div className="figures">{assignedAddress ?? '–'}</div>
      <div className="figures muted">{formatEndpoint(publicAddress, publicPort)}</div>
    </>
  ),
};

const publicAddress: Column = {
  className: 'addresses',
  headings: [{ label: 'IP address', sort: 'publicAddress' }],
  cell: (session) => (
    <span className="figures">{formatEndpoint(session.publicAddress, session.publicPort)}</span>
  ),
};

const group: Column = {
  headings: [{ label: 'Group', sort: 'group' }],
  minor: true,
  cell: (session) => session.group,
};

const protocol: Column = {
  headings: [
    { label: 'Protocol', sort: 'protocol' },
    { label: 'Encryption', sort: 'encryption' },
  ],
  cell: (session) => (
    <>
      <div>{session.protocol}</div>
      <div className="muted with-mark">
        {session.encryption} <LegacyMark algorithms={session.legacy} />
      </div>
    </>
  ),
};

const login: Column = {
  headings: [{ label: 'Login time', sort: 'loginAt' }, { label: 'Duration' }],
  minor: true,
  cell: ({ loginAt }, { asOf }) => (
    <>
      <div className="figures">
        <time dateTime={new Date(loginAt).toISOString()}>{formatLoginTime(loginAt)}</time>
      </div>
      <div className="figures muted">{formatDuration(asOf - loginAt)}</div>
    </>
  ),
};

const client: Column = {
  headings: [{ label: 'Client type', sort: 'clientType' }, { label: 'Version' }],
  minor: true,
  cell: ({ clientType, clientVersion }) => (
    <>
      <div>{clientType ?? '–'}</div>
      <div className="muted">{clientVersion}</div>
    </>
  ),
};

function Octets(props: {
  readonly way: 'tx' | 'rx';
  readonly octets: number;
  /** Undefined while it is not known. */
  readonly rate: number | undefined;
}) {
  const { rate } = props;
  return (
    <div className="octets figures">
      <span title={`${formatCount(props.octets)} octets`}>{formatOctets(props.octets)}</span>
      <span className={rate ? props.way : 'muted'}>
        {rate === undefined ? '–' : formatRate(rate)}
      </span>
    </div>
  );
}

const traffic: Column = {
  headings: [
    { label: 'Bytes Tx', sort: 'bytesTx' },
    { label: 'Bytes Rx', sort: 'bytesRx' },
  ],
  className: 'number',
  cell: ({ bytesTx, bytesRx }, context) => {
    const rate = currentRate(context.traffic);
    return (
      <div className="traffic">
        <div>
          <Octets way="tx" octets={bytesTx} rate={rate?.tx} />
          <Octets way="rx" octets={bytesRx} rate={rate?.rx} />
        </div>
      </div>
    );
  },
};

/** Of rows that come once a second. */
export const lastMinute: Column = {
  headings: [{ label: 'Last minute' }],
  minor: true,
  cell: (_, context) => <Sparkline history={rateHistory(context.traffic)} />,
};

const state: Column = {
  headings: [{ label: 'State', sort: 'state' }],
  className: 'row-state',
  cell: (session) => <StateMark state={session.state} />,
};

/** The columns of each table after the name; LB-65, LB-66, LB-67, NAT-37. */
export const columnsOf: Readonly<Record<SessionKind, readonly Column[]>> = {
  remoteAccess: [addresses, group, protocol, login, client, lastMinute, traffic, state],
  lanToLan: [publicAddress, protocol, login, lastMinute, traffic, state],
  management: [publicAddress, protocol, login],
};

/** The classes of a column's cells. */
export const classOf = ({ className, minor }: Pick<Column, 'className' | 'minor'>): string =>
  [className, minor && 'minor'].filter(Boolean).join(' ');

/** What the first column, the one with the names, is called. */
export const nameHeadings: Readonly<Record<SessionKind, string>> = {
  remoteAccess: 'Username',
  lanToLan: 'Connection name',
  management: 'Administrator',
};
