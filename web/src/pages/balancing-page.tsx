import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import type {
  BalancingChange,
  BalancingField,
  BalancingForm,
  BalancingVerdict,
} from '#views/cluster-views';
import { Page } from '../components/page.tsx';
import { LoadingState } from '../components/states.tsx';
import { useConsole, useLive } from '../console-context.ts';

/** A judgement waits until its writer has paused. */
const pauseMs = 300;

/** The change that changes nothing. */
function changeOf(from: BalancingForm): BalancingChange {
  const { hasKey: _, hostname: __, ...fields } = from;
  return { ...fields, from };
}

type FieldProps = {
  readonly label: string;
  readonly name: BalancingField;
  readonly note: string;
  readonly verdict: BalancingVerdict | undefined;
  readonly children: (attributes: {
    readonly id: string;
    readonly 'aria-describedby': string;
    readonly 'aria-invalid': boolean;
  }) => ReactNode;
};

/** A field with what it is for, and what is wrong with it. */
function Field({ label, name, note, verdict, children }: FieldProps) {
  const id = `balancing-${name}`;
  const findings = verdict?.findings.filter(({ field }) => field === name) ?? [];
  const isWrong = findings.some(({ severity }) => severity === 'error');
  return (
    <div className="form-row">
      <label htmlFor={id}>{label}</label>
      <div>
        {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': isWrong })}
        <div id={`${id}-note`} className="form-note">
          {findings.map(({ severity, reason, remedy }) => (
            <p key={reason} className={severity === 'error' ? 'form-error' : 'form-warning'}>
              {reason}
              {remedy !== undefined && `; ${remedy}`}
            </p>
          ))}
          {findings.length === 0 && <p className="muted">{note}</p>}
        </div>
      </div>
    </div>
  );
}

/** What the change does to the configuration, and what cannot be said of one field. */
function Effect({ verdict }: { readonly verdict: BalancingVerdict | undefined }) {
  const shown = new Set<string | undefined>(fields);
  const others = verdict?.findings.filter(({ field }) => !shown.has(field)) ?? [];
  return (
    <section className="form-effect" aria-label="What changes" aria-live="polite">
      <h2>What changes</h2>
      {others.map(({ severity, reason, remedy }) => (
        <p key={reason} className={severity === 'error' ? 'form-error' : 'form-warning'}>
          {reason}
          {remedy !== undefined && `; ${remedy}`}
        </p>
      ))}
      {verdict && verdict.changes !== '' ? (
        <pre className="figures">
          {verdict.changes.split('\n').map((line) => (
            <span key={line} data-sign={line[0]}>
              {line}
              {'\n'}
            </span>
          ))}
        </pre>
      ) : (
        <p className="muted">Nothing yet.</p>
      )}
    </section>
  );
}

const fields: readonly BalancingField[] = [
  'clusterAddress',
  'port',
  'encryption',
  'key',
  'verifyKey',
  'participates',
  'priority',
  'nat',
];

function useBalancing() {
  const { api, me, notify } = useConsole();
  const hostname = useLive().system?.hostname;
  const [form, setForm] = useState<BalancingForm>();
  const [change, setChange] = useState<BalancingChange>();
  const [verdict, setVerdict] = useState<BalancingVerdict>();
  const [round, setRound] = useState(0);
  const fail = (error: unknown) => notify((error as Error).message, 'danger');
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round reads the form anew
  useEffect(() => {
    api.balancing().then((read) => {
      setForm(read);
      setChange(changeOf(read));
      setVerdict(undefined);
    }, fail);
  }, [api, round]);
  // What was typed is judged, and once more when another device answers.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!change || !form || !me.mayChange) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      api.checkBalancing(change).then((judged) => isCurrent && setVerdict(judged), fail);
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [api, change, form, hostname]);
  const apply = async () => {
    if (!change) return;
    try {
      const judged = await api.applyBalancing(change);
      setVerdict(judged);
      if (!judged.accepted) return notify('Nothing was changed.', 'danger');
      notify('Applied. "write memory" keeps it over a restart.');
      setRound((n) => n + 1);
    } catch (error) {
      fail(error);
    }
  };
  const cancel = () => setRound((n) => n + 1);
  return { form, change, setChange, verdict, apply, cancel };
}

function Form(props: ReturnType<typeof useBalancing> & { readonly mayChange: boolean }) {
  const { form, change, setChange, verdict, apply, cancel, mayChange } = props;
  if (!form || !change) return <LoadingState what="the configuration" />;
  const set = (changes: Partial<BalancingChange>) => setChange({ ...change, ...changes });
  const text = (
    name: 'clusterAddress' | 'port' | 'priority' | 'nat',
    label: string,
    note: string,
  ) => (
    <Field label={label} name={name} note={note} verdict={verdict}>
      {(attributes) => (
        <input
          {...attributes}
          className="input figures"
          value={change[name]}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => set({ [name]: target.value })}
        />
      )}
    </Field>
  );
  const box = (name: 'encryption' | 'participates', label: string, note: string) => (
    <Field label={label} name={name} note={note} verdict={verdict}>
      {(attributes) => (
        <input
          {...attributes}
          type="checkbox"
          checked={change[name]}
          onChange={({ target }) => set({ [name]: target.checked })}
        />
      )}
    </Field>
  );
  const secret = (name: 'key' | 'verifyKey', label: string, note: string) => (
    <Field label={label} name={name} note={note} verdict={verdict}>
      {(attributes) => (
        <input
          {...attributes}
          type="password"
          className="input figures"
          value={change[name] ?? ''}
          placeholder={form.hasKey ? '*****' : ''}
          disabled={!change.encryption}
          autoComplete="new-password"
          onChange={({ target }) => set({ [name]: target.value || undefined })}
        />
      )}
    </Field>
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void apply();
  };
  return (
    <form className="form" onSubmit={submit}>
      <fieldset disabled={!mayChange}>
        <legend>Cluster Configuration</legend>
        {text(
          'clusterAddress',
          'VPN Virtual Cluster IP Address',
          'What clients are given; one address of the public network, the same on all members.',
        )}
        {text('port', 'VPN Virtual Cluster UDP Port', 'The same on all members; 9023 by default.')}
        {box('encryption', 'Encryption', 'Alike on all members.')}
        {secret(
          'key',
          'IPSec Shared Secret',
          'Only with encryption; without, "cluster key" sets what members prove themselves by.',
        )}
        {secret('verifyKey', 'Verify Shared Secret', 'The same again.')}
      </fieldset>
      <fieldset disabled={!mayChange}>
        <legend>Device Configuration</legend>
        {box('participates', 'Load Balancing Enable', 'Makes this device a member.')}
        {text('priority', 'Priority', '1 to 10; the highest becomes master at a start.')}
        {text(
          'nat',
          'NAT Assigned IP Address',
          'What a translator makes of this device; 0.0.0.0 for none.',
        )}
      </fieldset>
      <Effect verdict={verdict} />
      {mayChange && (
        <div className="form-actions">
          <button
            type="submit"
            className="button button-main"
            disabled={!verdict?.accepted || verdict.changes === ''}
          >
            Apply
          </button>
          <button type="button" className="button" onClick={cancel}>
            Cancel
          </button>
        </div>
      )}
    </form>
  );
}

/** Configuration | System | Load Balancing; LB-23. */
export function BalancingPage() {
  const { me } = useConsole();
  const balancing = useBalancing();
  return (
    <Page path={['Configuration', 'System', 'Load Balancing']}>
      {!me.mayChange && <p className="muted">This account may look, but not change anything.</p>}
      <Form {...balancing} mayChange={me.mayChange} />
    </Page>
  );
}
