/**
 * A burst of set-ups by strongSwan's charon, for as long as there is no better generator: one
 * connection per user, all started at once. Runs in the client's namespace; its last line is the
 * result that bench/setups.ts reads.
 * Usage: charon.ts COUNT
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { charonProgram, initiatorConf, strongswanConf } from '../charon.ts';

const startTimeoutMs = 10_000;
const burstTimeoutMs = 60_000;
const retryMs = 100;

const count = Number(process.argv[2]);
const folder = mkdtempSync(join(process.env.work ?? tmpdir(), 'generator-'));
const settings = join(folder, 'strongswan.conf');
const connections = join(folder, 'swanctl.conf');
// Level 0 of the class IKE is one line per SA that came up.
writeFileSync(settings, strongswanConf('default = -1\n      ike = 0'));
writeFileSync(connections, initiatorConf(count, 'start'));
const env = { ...process.env, STRONGSWAN_CONF: settings };
const swanctl = (...words: string[]): void => {
  execFileSync('swanctl', words, { env, stdio: ['ignore', 'ignore', 'ignore'] });
};

const charon = spawn(charonProgram, { env, stdio: ['ignore', 'ignore', 'pipe'] });
const ended = new Promise<void>((resolve) => charon.on('exit', () => resolve()));

/** Waits until the daemon takes commands. */
async function ready(): Promise<void> {
  const giveUpAt = performance.now() + startTimeoutMs;
  for (;;) {
    try {
      return swanctl('--stats');
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(retryMs);
    }
  }
}

/** Starts all set-ups; resolves to the number that came up and the time from the first to the last. */
async function burst(): Promise<{ established: number; seconds: number }> {
  let established = 0;
  let lastAt = performance.now();
  const allUp = new Promise<void>((resolve) => {
    createInterface({ input: charon.stderr }).on('line', (line) => {
      if (!/CHILD_SA \S+ established/.test(line)) return;
      established += 1;
      lastAt = performance.now();
      if (established === count) resolve();
    });
  });
  swanctl('--load-creds', '--file', connections);
  const begunAt = performance.now();
  // Loading a connection starts it, so this is asynchronous: lines are counted meanwhile.
  const loading = spawn('swanctl', ['--load-conns', '--file', connections], {
    env,
    stdio: 'ignore',
  });
  loading.on('error', (error) => console.error(error.message));
  const timeout = new AbortController();
  await Promise.race([allUp, sleep(burstTimeoutMs, undefined, { signal: timeout.signal })]);
  timeout.abort();
  return { established, seconds: (lastAt - begunAt) / 1000 };
}

await ready();
const { established, seconds } = await burst();
charon.kill('SIGKILL');
await ended;
console.log(JSON.stringify({ established, failed: count - established, seconds }));
process.exit(0);
