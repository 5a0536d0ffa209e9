/** Whether labs can run on this machine, and what is installed so that they can. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { installPackages, missingPackages, type Program, searchPath } from './programs.ts';

const tunDevice = '/dev/net/tun';

/** Why labs cannot run here: the machine does not let them, or programs are missing on it. */
export type Obstacle = { readonly kind: 'machine' | 'programs'; readonly reason: string };

/**
 * Makes the machine ready for programs, as far as it can be: returns why labs cannot run here, or
 * undefined when they can. `say` hears the one line that explains an installation.
 */
export function prepareMachine(
  needs: readonly Program[],
  say: (line: string) => void,
): Obstacle | undefined {
  const refusal = whyNoNamespaces();
  if (refusal !== undefined) return { kind: 'machine', reason: refusal };
  const lack = installMissing(needs, say);
  return lack === undefined ? undefined : { kind: 'programs', reason: lack };
}

function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'labs need Linux network namespaces';
  if (process.getuid?.() !== 0) return 'labs need root, for network namespaces and TUN devices';
  try {
    closeSync(openSync(tunDevice, 'r+'));
  } catch {
    return `labs need ${tunDevice}, which cannot be opened here`;
  }
  const env = { ...process.env, PATH: searchPath };
  const tried = spawnSync('unshare', ['--net', '--mount', 'true'], { env });
  return tried.status === 0 ? undefined : 'this root may not create network namespaces';
}

function installMissing(
  needs: readonly Program[],
  say: (line: string) => void,
): string | undefined {
  const packages = missingPackages(needs);
  if (packages.length === 0) return undefined;
  const lack = `labs need the Debian packages ${packages.join(' ')}`;
  if (process.env.HEADEND_INSTALL === 'no') return `${lack}, and HEADEND_INSTALL=no`;
  say(`installing the Debian packages that the labs' peers come in: ${packages.join(' ')} ...`);
  const failure = installPackages(packages);
  const missing = missingPackages(needs);
  if (missing.length === 0) return undefined;
  return failure === undefined ? lack : `${lack}; apt-get failed: ${failure}`;
}
