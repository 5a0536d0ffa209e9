import { memo } from 'react';
import type { ChoiceView, ClusterView } from '#views/cluster-views';
import { isThere, type ShownMember } from '../cluster.ts';
import { EmptyState } from '../components/states.tsx';
import { formatClock, formatEndpoint } from '../format.ts';

/** The master may take a client itself, which is told its own address then. */
const outcomes = {
  backup: { tone: 'plain', word: 'Redirected' },
  master: { tone: 'info', word: 'Taken by the master' },
  refused: { tone: 'danger', word: 'Refused' },
} as const;

const Choice = memo(function Choice(props: {
  readonly choice: ChoiceView;
  readonly name: string | undefined;
  readonly colour: number | undefined;
  readonly isNew: boolean;
}) {
  const { choice, name, colour } = props;
  return (
    <tr
      data-new={props.isNew || undefined}
      data-refused={choice.outcome === 'refused' || undefined}
    >
      <td className="figures">
        <time dateTime={new Date(choice.at).toISOString()}>{formatClock(choice.at)}</time>
      </td>
      <td className="figures">{formatEndpoint(choice.client, choice.clientPort)}</td>
      <td>
        <span className={`mark mark-${outcomes[choice.outcome].tone}`}>
          {outcomes[choice.outcome].word}
        </span>
        {choice.target !== undefined && (
          <div>
            <span className={`member-dot member-${colour ?? 0}`} aria-hidden="true" /> {name}{' '}
            <span className="figures muted">{choice.target}</span>
          </div>
        )}
      </td>
      <td className="choice-why figures">{choice.explanation}</td>
    </tr>
  );
});

/** Why there is no choice to show, and where they are made. */
function NoChoices({
  view,
  members,
}: {
  readonly view: ClusterView;
  readonly members: readonly ShownMember[];
}) {
  if (view.self.role === 'master')
    return (
      <EmptyState title="No client was decided about yet">
        <p>Each client that comes to the cluster address appears here, with the reason.</p>
      </EmptyState>
    );
  const master = members.find((member) => member.role === 'master' && isThere(member));
  return (
    <EmptyState title="This member decides about no clients">
      <p>
        Only the master decides where clients go
        {master
          ? `, at present ${master.hostname}; its console shows them.`
          : '; there is none at present.'}
      </p>
    </EmptyState>
  );
}

/** What was decided about clients, newest first, each with the comparison that decided. */
export function ChoiceList(props: {
  readonly view: ClusterView;
  readonly members: readonly ShownMember[];
  readonly choices: readonly ChoiceView[];
  readonly firstSeq: number;
}) {
  const { choices, members, firstSeq } = props;
  if (choices.length === 0) return <NoChoices view={props.view} members={members} />;
  const known = new Map(members.map((member) => [member.privateAddress, member]));
  return (
    <div className="table-frame choice-frame" tabIndex={-1}>
      <table className="table choice-table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Client</th>
            <th scope="col">Outcome</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {choices.map((choice) => {
            const member = known.get(choice.member ?? '');
            return (
              <Choice
                key={choice.seq}
                choice={choice}
                name={member?.hostname}
                colour={member?.colour}
                isNew={choice.seq > firstSeq}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
