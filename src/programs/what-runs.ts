import type { Configuration } from '#config/configuration';
import { isPatBox, patPlanOf } from '#features/nat/feature';
import { ipsecSlice } from '#ipsec/config';
import { IKE_PORTS, listenersOf } from './listening.ts';

/** What a configuration describes, or why it describes nothing that runs. */
export type WhatRuns =
  | { readonly kind: 'headEnd' | 'patBox' }
  | { readonly kind: 'nothing'; readonly reasons: readonly string[] };

/** What `headend run` makes of a configuration without errors. */
export function whatRuns(configuration: Configuration): WhatRuns {
  const { isakmpInterfaces } = ipsecSlice.of(configuration);
  if (isakmpInterfaces.length > 0)
    return listenersOf(configuration, IKE_PORTS).length > 0
      ? { kind: 'headEnd' }
      : {
          kind: 'nothing',
          reasons: [
            `interface "${isakmpInterfaces.join('", "')}" has no address to answer on; ` +
              '"ip address A.B.C.D MASK" says which one Linux has there',
          ],
        };
  if (!isPatBox(configuration))
    return {
      kind: 'nothing',
      reasons: [
        'it describes neither a head-end ("crypto ikev1 enable IF") nor a PAT box ("global" and "nat")',
      ],
    };
  const plan = patPlanOf(configuration);
  return plan.ok ? { kind: 'patBox' } : { kind: 'nothing', reasons: plan.error };
}
