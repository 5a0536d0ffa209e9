import { charon } from './charon.ts';
import { headend, headendTwoWorkers } from './headend.ts';
import { openvpn, openvpnTuned } from './openvpn.ts';
import type { TunnelProgram } from './tunnel.ts';
import { wireguardGo } from './wireguard-go.ts';

/** Ours, and its peers. */
export const tunnelPrograms: readonly TunnelProgram[] = [
  headend,
  headendTwoWorkers,
  charon,
  openvpn,
  openvpnTuned,
  wireguardGo,
];
