/** Configurations of strongSwan's charon, as the peer head-end, as a client and as a generator. */
import { execFileSync } from 'node:child_process';
import { type DhGroupNumber, dhGroups, scenario, userName, userPassword } from './scenario.ts';

/** Debian's path of the daemon. */
export const charonProgram = '/usr/lib/ipsec/charon';

export const charonVersion = (): string =>
  `${execFileSync(charonProgram, ['--version'], { encoding: 'utf8' }).trim().replace('Linux ', '')}, kernel-libipsec`;

/**
 * `strongswan.conf`: ESP in user space, aggressive mode allowed, no protection against floods from
 * one address (all set-ups come from one), a table wide enough for all of them.
 */
export const strongswanConf = (loggedClasses: string): string => `charon {
  load_modular = no
  load = random nonce openssl aes sha1 sha2 hmac kdf gmp kernel-libipsec kernel-netlink socket-default vici xauth-generic
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  dos_protection = no
  ikesa_table_size = 4096
  ikesa_table_segments = 16
  filelog {
    console {
      path = stderr
      time_format = %s
      time_add_ms = yes
      ${loggedClasses}
    }
  }
}
swanctl {
  load = random nonce openssl
}
`;

const groupSecret = `  ike-group {
    id-1 = ${scenario.gateway}
    id-2 = keyid:${scenario.group}
    secret = ${scenario.groupKey}
  }
`;

const xauthSecrets = (userCount: number): string =>
  Array.from(
    { length: userCount },
    (_, index) => `  xauth-${index + 1} {
    id = ${userName(index + 1)}
    secret = ${userPassword(index + 1)}
  }
`,
  ).join('');

/** `swanctl.conf` of the head-end. */
export const responderConf = (userCount: number, dhGroup: DhGroupNumber): string => `connections {
  ${scenario.group} {
    version = 1
    aggressive = yes
    proposals = aes128-sha1-${dhGroups[dhGroup]}
    local_addrs = ${scenario.gateway}
    pools = pool
    unique = never
    encap = yes
    local {
      auth = psk
      id = ${scenario.gateway}
    }
    remote {
      auth = psk
      id = keyid:${scenario.group}
    }
    remote-xauth {
      auth = xauth
    }
    children {
      net {
        local_ts = 0.0.0.0/0
        esp_proposals = aes128-sha1
      }
    }
  }
}
pools {
  pool {
    addrs = ${scenario.pool.prefix}
  }
}
secrets {
${groupSecret}${xauthSecrets(userCount)}}
`;

/** `swanctl.conf` of one client per user; `startAction` is `start` for a burst. */
export const initiatorConf = (userCount: number, startAction: 'none' | 'start'): string => {
  const connection = (number: number): string => `  client-${number} {
    version = 1
    aggressive = yes
    proposals = aes128-sha1-modp1024
    remote_addrs = ${scenario.gateway}
    vips = 0.0.0.0
    unique = never
    encap = yes
    local {
      auth = psk
      id = keyid:${scenario.group}
    }
    local-xauth {
      auth = xauth
      xauth_id = ${userName(number)}
    }
    remote {
      auth = psk
      id = ${scenario.gateway}
    }
    children {
      net-${number} {
        remote_ts = 0.0.0.0/0
        esp_proposals = aes128-sha1
        start_action = ${startAction}
      }
    }
  }
`;
  const connections = Array.from({ length: userCount }, (_, index) => connection(index + 1));
  return `connections {
${connections.join('')}}
secrets {
${groupSecret}${xauthSecrets(userCount)}}
`;
};
