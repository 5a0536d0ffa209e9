/**
 * The Debian packages that tests use: real peers, captures, namespaces, a browser. What is missing
 * is installed as root on Debian only; elsewhere a test says what it lacks and is left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say } from './install.js';

const packages = [
  'vpnc',
  'tshark',
  'nftables',
  'iproute2',
  'iputils-ping',
  'iperf3',
  'chromium',
  'strongswan-charon',
  'strongswan-swanctl',
  'libcharon-extra-plugins',
  'libcharon-extauth-plugins',
  'curl',
  'python3',
  'tmux',
];

function missingPackages() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is dpkg's own template language
  const query = ['-W', '-f', '${db:Status-Status} ${Package}\n', ...packages];
  const answer = spawnSync('dpkg-query', query, { encoding: 'utf8' }).stdout ?? '';
  const installed = new Set(answer.split('\n').map((line) => /^installed (\S+)/.exec(line)?.[1]));
  return packages.filter((name) => !installed.has(name));
}

/** Installs the missing packages, unless HEADEND_INSTALL=no. */
export function ensureDebianPackages() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.env.HEADEND_INSTALL === 'no') {
    say(`tests lack ${missing.join(' ')}, and HEADEND_INSTALL=no`);
    return;
  }
  say(`installing Debian packages for the tests, which takes minutes: ${missing.join(' ')} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-q', '-y', ...args], { env, stdio: ['ignore', 'ignore', 2] }).status;
  if (apt('update') !== 0 || apt('install', '--no-install-recommends', ...missing) !== 0)
    say('some packages could not be installed; the tests that need them are left out');
}
