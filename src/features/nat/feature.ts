import type { Result } from '#base/result';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import { natSlice } from './config.ts';
import { type PatPlan, planPatBox } from './rules.ts';

/** Whether a configuration describes a PAT box: it translates hosts to the address of an interface. */
export function isPatBox(configuration: Configuration): boolean {
  const nat = natSlice.of(configuration);
  return nat.globals.length > 0 && nat.rules.length + nat.policies.length > 0;
}

/** What a configuration asks the box to do, or one sentence for each thing that keeps it from it. */
export const patPlanOf = (configuration: Configuration): Result<PatPlan, readonly string[]> =>
  planPatBox(natSlice.of(configuration), systemSlice.of(configuration));

/**
 * Whether a running box can take over another plan: the addresses, routes and rules may change, the
 * set of interfaces may not, since each has an open socket.
 */
export function changeOfPlan(before: PatPlan, after: PatPlan): 'inPlace' | 'restart' {
  const hardware = (plan: PatPlan) =>
    plan.interfaces
      .map((i) => i.hardware)
      .sort()
      .join(' ');
  return hardware(before) === hardware(after) ? 'inPlace' : 'restart';
}
