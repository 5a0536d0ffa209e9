/** The programs that labs and benches call, and the Debian packages that bring them. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const charonPlugins = '/usr/lib/ipsec/plugins';

/** A bare file name is looked up on the search path; `sbin` is there for root. */
const programs = {
  ip: { files: ['ip'], packages: ['iproute2'] },
  ping: { files: ['ping'], packages: ['iputils-ping'] },
  nft: { files: ['nft'], packages: ['nftables'] },
  curl: { files: ['curl'], packages: ['curl'] },
  iperf3: { files: ['iperf3'], packages: ['iperf3'] },
  tshark: { files: ['tshark', 'dumpcap'], packages: ['tshark'] },
  vpnc: { files: ['vpnc', '/usr/share/vpnc-scripts/vpnc-script'], packages: ['vpnc'] },
  dnsmasq: { files: ['dnsmasq'], packages: ['dnsmasq-base'] },
  keepalived: { files: ['keepalived'], packages: ['keepalived'] },
  openssl: { files: ['openssl'], packages: ['openssl'] },
  openvpn: { files: ['openvpn'], packages: ['openvpn'] },
  'wireguard-go': { files: ['wireguard-go', 'wg'], packages: ['wireguard-go', 'wireguard-tools'] },
  charon: {
    files: [
      '/usr/lib/ipsec/charon',
      'swanctl',
      `${charonPlugins}/libstrongswan-kernel-libipsec.so`,
      `${charonPlugins}/libstrongswan-xauth-generic.so`,
    ],
    packages: [
      'strongswan-charon',
      'strongswan-swanctl',
      'libcharon-extra-plugins',
      'libcharon-extauth-plugins',
    ],
  },
  'charon-openssl': {
    files: [`${charonPlugins}/libstrongswan-openssl.so`],
    packages: ['libstrongswan-standard-plugins'],
  },
} as const satisfies Record<string, { files: readonly string[]; packages: readonly string[] }>;

export type Program = keyof typeof programs;

export const programNames = Object.keys(programs) as readonly Program[];

export const isProgram = (word: string): word is Program => Object.hasOwn(programs, word);

/** Where commands are looked up: a plain user's PATH often lacks the sbin folders. */
export const searchPath = [
  ...new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']),
].join(':');

const canAccess = (file: string, mode: number): boolean => {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
};

const isPresent = (file: string): boolean =>
  file.startsWith('/')
    ? canAccess(file, constants.R_OK)
    : searchPath.split(':').some((folder) => canAccess(`${folder}/${file}`, constants.X_OK));

/** The Debian packages that are missing for these programs. */
export const missingPackages = (needs: readonly Program[]): readonly string[] => [
  ...new Set(
    needs
      .filter((need) => !programs[need].files.every(isPresent))
      .flatMap((need) => programs[need].packages),
  ),
];

/**
 * Installs packages with apt-get, which only root can; returns the reason when that failed.
 * Recommended packages stay away: some would start services on the machine itself.
 */
export function installPackages(packages: readonly string[]): string | undefined {
  const aptGet = (...words: string[]): void => {
    execFileSync('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...words], {
      env: { ...process.env, PATH: searchPath, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  try {
    aptGet('update');
    aptGet('install', '--no-install-recommends', ...packages);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}
