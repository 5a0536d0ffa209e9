import { formatDifferences } from '#config/commit';
import type { Configuration } from '#config/configuration';
import type { Finding } from '#config/room';
import { systemSlice } from '#config/system';
import type { Trial } from '#config/trial';
import { type AddressesOrName, loadBalancingOf } from '#features/cluster/config';
import { stopsOf } from '#features/cluster/filters';
import type {
  BalancingChange,
  BalancingField,
  BalancingForm,
  BalancingVerdict,
} from '#views/cluster-views';

/** Configuration | System | Load Balancing: the form as lines of the configuration, and back; LB-23. */

const NO_NAT = '0.0.0.0';

const textOf = (ends: AddressesOrName | undefined): string =>
  ends === undefined ? '' : ends.kind === 'name' ? ends.name : ends.addresses.join(' ');

/** The form as it stands; the secret is never in it. */
export function balancingForm(
  configuration: Configuration,
  defaultPriority: number,
): BalancingForm {
  const b = loadBalancingOf(configuration);
  return {
    hostname: systemSlice.of(configuration).hostname,
    clusterAddress: textOf(b.cluster),
    port: String(b.port),
    encryption: b.encryption,
    hasKey: b.key !== undefined,
    participates: b.participates,
    priority: String(b.priority ?? defaultPriority),
    nat: textOf(b.nat) || NO_NAT,
  };
}

/** A line of the configuration, and the field that it comes from. */
export type FormLine = { readonly field: BalancingField; readonly text: string };

/** What a change is told that was made of another form than the one in force; undefined where it was not. */
export function outdated(
  inForce: BalancingForm,
  { from }: BalancingChange,
): BalancingVerdict | undefined {
  const names = Object.keys(inForce) as (keyof BalancingForm)[];
  if (names.every((name) => inForce[name] === from[name])) return undefined;
  const reason =
    inForce.hostname === from.hostname
      ? 'the settings were changed meanwhile'
      : `these are the settings of "${from.hostname}", and it is "${inForce.hostname}" that answers by now`;
  const remedy = 'read them anew, as "Cancel" does, and make the change again';
  return { accepted: false, changes: '', findings: [{ severity: 'error', reason, remedy }] };
}

/** The lines that make of a form what `change` says; those of fields that stay as they are are left out. */
export function formLines({ from: form, ...change }: BalancingChange): FormLine[] {
  const lines: FormLine[] = [];
  const set = (field: BalancingField, text: string) => lines.push({ field, text });
  const word = (text: string, command: string, none = '') =>
    text.trim() === none || text.trim() === '' ? `no ${command}` : `${command} ${text.trim()}`;
  if (change.clusterAddress.trim() !== form.clusterAddress)
    set('clusterAddress', word(change.clusterAddress, 'cluster ip address'));
  if (change.port.trim() !== form.port) set('port', word(change.port, 'cluster port'));
  // LB-33: without encryption the secret cannot be set here.
  if (change.encryption && change.key !== undefined && change.key !== '')
    set('key', `cluster key ${change.key}`);
  if (change.encryption !== form.encryption)
    set('encryption', change.encryption ? 'cluster encryption' : 'no cluster encryption');
  if (change.priority.trim() !== form.priority) set('priority', word(change.priority, 'priority'));
  if (change.nat.trim() !== form.nat) set('nat', word(change.nat, 'nat', NO_NAT));
  if (change.participates !== form.participates)
    set('participates', change.participates ? 'participate' : 'no participate');
  return lines;
}

/** The field that a line of the listing belongs to, where there is one in the form. */
function fieldOf(at: readonly string[]): BalancingField | undefined {
  const line = at.at(-1) ?? '';
  const stems: readonly (readonly [string, BalancingField])[] = [
    ['cluster ip address', 'clusterAddress'],
    ['cluster port', 'port'],
    ['cluster key', 'key'],
    ['cluster encryption', 'encryption'],
    ['priority', 'priority'],
    ['nat', 'nat'],
    ['participate', 'participates'],
    // LB-22: a rule of a filter that names another port than that of the cluster.
    ['rule add', 'port'],
  ];
  return stems.find(([stem]) => line === stem || line.startsWith(`${stem} `))?.[1];
}

const shownFinding = ({ severity, at, reason, remedy }: Finding) => ({
  severity: severity === 'info' ? ('warning' as const) : severity,
  field: fieldOf(at),
  reason,
  remedy,
});

/** LB-81: what filters stop, also where that is nothing new; a form without it would look sound. */
function stopped({ candidate, findings }: Trial): readonly BalancingVerdict['findings'][number][] {
  if (!loadBalancingOf(candidate).participates) return [];
  return stopsOf(candidate)
    .filter(({ reason }) => findings.every((f) => f.reason !== reason))
    .map(({ at, reason, remedy }) => shownFinding({ severity: 'warning', at, reason, remedy }));
}

/** LB-34: both entries of the secret have to be the same. */
export const secretsDiffer = ({ encryption, key, verifyKey }: BalancingChange): boolean =>
  encryption && (key ?? '') !== (verifyKey ?? '');

/** What the form is told of a change: the difference in lines, and what is wrong with it. */
export function verdictOf(
  change: BalancingChange,
  lines: readonly FormLine[],
  trial: Trial,
  pending: readonly string[],
): BalancingVerdict {
  const findings: BalancingVerdict['findings'][number][] = [
    ...(secretsDiffer(change)
      ? [
          {
            severity: 'error' as const,
            field: 'verifyKey' as const,
            reason: 'the two entries of the secret differ',
          },
        ]
      : []),
    ...trial.refused.map(({ line, reason }) => ({
      severity: 'error' as const,
      field: lines[line]?.field,
      reason,
    })),
    ...trial.findings.map(shownFinding),
    ...stopped(trial),
    ...pending.map((reason) => ({ severity: 'warning' as const, reason })),
  ];
  return {
    accepted: findings.every(({ severity }) => severity !== 'error'),
    changes: formatDifferences(trial.changes),
    findings,
  };
}
