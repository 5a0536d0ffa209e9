import { event } from '#events/event';

/** Events of LAN-to-LAN tunnels. */

export const tunnelBegins = event({
  class: 'IKE',
  number: 183,
  severity: 5,
  text: 'LAN-to-LAN tunnel: this end begins',
  why: 'The tunnel is configured and not there, and this end may begin.',
  remedy: 'None.',
});
export const tunnelFailed = event({
  class: 'IKE',
  number: 184,
  severity: 3,
  text: 'LAN-to-LAN tunnel is down: {reason}; this end tries again in {seconds} seconds',
  why: 'The negotiation came to nothing, or the tunnel ended, and this end may begin.',
  remedy:
    'Read the lines before this one. Compare pre-shared key, `crypto ikev1 policy`, transform sets and access lists at both ends, which have to mirror each other.',
});
