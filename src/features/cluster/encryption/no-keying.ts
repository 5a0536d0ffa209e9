import type { TunnelKeying } from './tunnels.ts';

/** In place of a keying manager, for members in a world without IKE: no tunnel ever comes to be. */
export const noKeying: TunnelKeying = {
  close: () => [],
  connect: () => {
    throw new Error('nothing is negotiated here');
  },
  createChild: () => [],
  rekey: () => undefined,
  report: () => [],
  summary: () => undefined,
};
