import type { SessionLoad } from '#protocol/vcl/state';
import type { Personality } from './config.ts';

/** How a percentage is made whole: VPN 3000 cut it off, ASA rounds half up. G-03, GEN-53. */
export type Rounding = 'truncate' | 'halfUp';

/** What follows from a personality, and can be set otherwise. */
export type LoadRules = {
  readonly personality: Personality;
  readonly rounding: Rounding;
  /** Percent that a master of the VPN 3000 kind counts as before it has any session; LB-73. */
  readonly inherentPercent: number;
};

/** The rules of a personality as its vendor had them. */
export const rulesOf = (personality: Personality): LoadRules =>
  personality === 'vpn3000'
    ? { personality, rounding: 'truncate', inherentPercent: 1 }
    : { personality, rounding: 'halfUp', inherentPercent: 0 };

/**
 * Active sessions of the maximum in whole percent; LB-12. Computed in whole numbers, so that no share is
 * off by a fraction that a machine cannot hold. Where no session may be, there is no room: 100.
 */
export function percentOf(active: number, max: number, rounding: Rounding): number {
  if (max <= 0) return 100;
  return rounding === 'truncate'
    ? Math.floor((100 * active) / max)
    : Math.floor((200 * active + max) / (2 * max));
}

/** Sessions of all kinds together. */
export type Total = { readonly active: number; readonly inactive: number; readonly max: number };

/**
 * Sessions of all kinds, which weigh the same (GEN-55); those that sleep are counted apart, since they
 * are no load (GEN-51).
 */
export function totalOf(loads: readonly SessionLoad[]): Total {
  let [active, inactive, max] = [0, 0, 0];
  for (const load of loads) {
    active += load.active;
    inactive += load.inactive;
    max += load.max;
  }
  return { active, inactive, max };
}
