import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import { allFilters } from '#config/filters';
import type { FiltersView } from '#views/cluster-views';
import { loadBalancingOf } from './config.ts';
import { filterOfSide } from './filters.ts';

/** All filters, or the one of that name. */
export function filtersView(
  configuration: Configuration,
  name: string | undefined,
  now: Instant,
): FiltersView {
  const { port } = loadBalancingOf(configuration);
  const sides = (['private', 'public'] as const).map((side) => filterOfSide(configuration, side));
  return {
    asOf: now,
    filters: [...allFilters(configuration)]
      .filter(([own]) => name === undefined || own === name)
      .map(([own, { defaultAction, rules }]) => ({
        name: own,
        defaultAction,
        rules: [...rules].map(([rule, of]) => ({
          rule,
          port: of === 'cluster' ? port : of,
          follows: of === 'cluster',
        })),
        interfaces: sides.filter((s) => s.name === own).map((s) => s.interface),
      })),
  };
}

/** `show filter`. */
export function filtersText({ filters }: FiltersView): string {
  if (filters.length === 0) return 'There is no such filter';
  return filters
    .map(({ name, defaultAction, rules, interfaces }) =>
      [
        `Filter ${name}, applied to: ${interfaces.join(', ') || 'no interface of a member'}`,
        ...rules.map(
          ({ rule, port, follows }) =>
            `  ${rule}: forward UDP port ${port}${follows ? ', that of the cluster' : ''}`,
        ),
        `  everything else: ${defaultAction}`,
      ].join('\n'),
    )
    .join('\n');
}
