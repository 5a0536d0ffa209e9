import type { KeptCommand, KeptVerdict } from '#config/kept';

const error = (reason: string, remedy: string): KeptVerdict => ({
  severity: 'error',
  reason,
  remedy,
});
const ofPolicy: KeptVerdict = {
  severity: 'warning',
  reason: 'time limits of one user are not kept: those of the group policy hold',
};

/** Attributes of a user that are kept, and what there is to say where that matters. */
export const USER_KEPT: readonly KeptCommand[] = [
  {
    words: 'vpn-filter',
    help: 'The access list that judges the traffic of the user.',
    judge: (line) =>
      / none$/.test(line)
        ? undefined
        : error(
            'traffic of tunnels is not filtered here, so the user would reach more than on the other device',
            'filter the interface headend0 with nftables, and write "vpn-filter none"',
          ),
  },
  {
    words: 'vpn-access-hours',
    help: 'The times at which the user may log in.',
    judge: (line) =>
      / none$/.test(line)
        ? undefined
        : error(
            'the user may log in at every hour here, and may not on the other device',
            '"vpn-access-hours none" permits it',
          ),
  },
  {
    words: 'vpn-tunnel-protocol',
    help: 'The ways in which the user may build a tunnel.',
    judge: (line) =>
      / (ikev1|ipsec)\b/i.test(line)
        ? undefined
        : error(
            'the user may not use IKEv1 on the other device, and could here',
            '"vpn-simultaneous-logins 0" shuts the user out',
          ),
  },
  { words: 'vpn-idle-timeout', help: 'Idle time of the user.', judge: () => ofPolicy },
  { words: 'vpn-session-timeout', help: 'Time of the user.', judge: () => ofPolicy },
  { words: 'password-storage', help: 'Whether the client may store the password.' },
  { words: 'memberof', help: 'Groups of the user for administration.' },
  { words: 'ssh', help: 'Keys of the user for SSH.' },
  { words: 'webvpn', help: 'Tunnels over TLS.' },
  { words: 'vpn-framed-ipv6-address', help: 'An IPv6 address, which is not carried.' },
];
