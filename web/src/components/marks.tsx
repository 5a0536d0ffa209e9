import type { SessionState } from '#views/views';
import { Icon } from './icon.tsx';

const stateTones: Readonly<Record<SessionState, string>> = {
  connecting: 'info',
  active: 'success',
  inactive: 'warn',
  closing: 'plain',
};

const stateWords: Readonly<Record<SessionState, string>> = {
  connecting: 'Connecting',
  active: 'Active',
  inactive: 'Inactive',
  closing: 'Closing',
};

/** The state of a session. */
export function StateMark({ state }: { readonly state: SessionState }) {
  return <span className={`mark mark-${stateTones[state]}`}>{stateWords[state]}</span>;
}

/** Says that old algorithms are in use, and which. */
export function LegacyMark({ algorithms }: { readonly algorithms: readonly string[] }) {
  if (algorithms.length === 0) return null;
  const names = algorithms.join(', ');
  return (
    <span className="mark mark-legacy" title={`Old algorithms in use: ${names}`}>
      Legacy<span className="visually-hidden"> algorithms: {names}</span>
    </span>
  );
}

/** What the `legacy-crypto` fence lets through, on every page while it is open. */
export function FenceMark({ permitted }: { readonly permitted: readonly string[] }) {
  if (permitted.length === 0) return null;
  return (
    <span
      className="mark mark-legacy"
      title={`legacy-crypto permits ${permitted.join(', ')}. Close the fence when no client needs it.`}
    >
      <Icon name="shield" />
      legacy-crypto open
      <span className="visually-hidden">: {permitted.join(', ')}</span>
    </span>
  );
}

/** The gravest severities look grave; debugging stays in the background. */
function severityTone(severity: number): string {
  if (severity <= 2) return 'danger';
  if (severity === 3) return 'warn';
  return severity <= 6 ? 'info' : 'plain';
}

/** Severity of an event, 1 the gravest. */
export function SeverityMark({ severity }: { readonly severity: number }) {
  return (
    <span className={`mark figures mark-${severityTone(severity)}`}>
      <span className="visually-hidden">Severity </span>
      {severity}
    </span>
  );
}
