import type { ReactNode } from 'react';
import type { SessionView } from '#views/views';
import { formatDuration, formatEndpoint, formatLoginTime } from '../format.ts';

/** A label and what it stands for. */
export type Fact = readonly [label: string, value: ReactNode];

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export const figures = (text: string): ReactNode => <span className="figures">{text}</span>;

/** What a session is, whichever member it is on. */
export function sessionFacts(session: SessionView, asOf: number): Fact[] {
  const facts: Fact[] = [
    ['Public', figures(formatEndpoint(session.publicAddress, session.publicPort))],
    ['Protocol', session.protocol],
    ['Encryption', session.encryption],
    ['Login time', figures(formatLoginTime(session.loginAt))],
    ['Duration', figures(formatDuration(asOf - session.loginAt))],
  ];
  if (session.assignedAddress !== undefined)
    facts.unshift(['Assigned', figures(session.assignedAddress)]);
  if (session.kind === 'remoteAccess') {
    facts.push(['Group', session.group]);
    if (session.groupPolicy !== undefined) facts.push(['Group policy', session.groupPolicy]);
    facts.push(['Client', [session.clientType, session.clientVersion].filter(Boolean).join(' ')]);
  }
  return facts;
}
