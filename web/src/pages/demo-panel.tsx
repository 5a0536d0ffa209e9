import { useState } from 'react';
import type { ClusterView, DemoView } from '#views/cluster-views';
import { useConsole } from '../console-context.ts';

/** Buttons that only the demo has: what a power failure would do to a member. */
export function DemoPanel(props: { readonly demo: DemoView; readonly view: ClusterView }) {
  const { api, me, notify } = useConsole();
  const [busy, setBusy] = useState<string>();
  const { demo, view } = props;
  const master = [view.self, ...view.peers].find(({ role }) => role === 'master')?.hostname;
  const act = async (name: string, what: 'crash' | 'start') => {
    setBusy(name);
    try {
      await api.accident(name, what);
      notify(what === 'crash' ? `${name} is gone without a word.` : `${name} starts.`);
    } catch (error) {
      notify((error as Error).message, 'danger');
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <section className="demo-panel" aria-label="Only in this demo">
      <div>
        <h2>Only in this demo</h2>
        <p className="muted">
          Cut the power of a member and watch: no good-bye to anybody. The console shown here is the
          master's, and goes on with its successor; a real head-end has its own console, and no such
          buttons.
        </p>
      </div>
      <div className="demo-buttons">
        {demo.members.map(({ name, runs }) => (
          <button
            key={name}
            type="button"
            className={runs ? 'button button-danger' : 'button'}
            disabled={!me.mayChange || busy !== undefined}
            onClick={() => void act(name, runs ? 'crash' : 'start')}
          >
            {runs ? 'Cut the power of' : 'Start'} {name}
            {runs && name === master && ', the master'}
          </button>
        ))}
      </div>
    </section>
  );
}
