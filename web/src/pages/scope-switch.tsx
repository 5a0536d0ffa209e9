import { setParameters } from '../router.ts';

/** Of a cluster: the sessions of all members, or of the one whose console this is. */
export function ScopeSwitch({ isOfMember }: { readonly isOfMember: boolean }) {
  const choose = (scope: 'member' | undefined) =>
    setParameters({ scope, sort: undefined, order: undefined, session: undefined, on: undefined });
  return (
    <fieldset className="tabs scope">
      <legend className="visually-hidden">Whose sessions</legend>
      <button type="button" aria-pressed={!isOfMember} onClick={() => choose(undefined)}>
        Whole cluster
      </button>
      <button type="button" aria-pressed={isOfMember} onClick={() => choose('member')}>
        This member
      </button>
    </fieldset>
  );
}
