import { SlowWork } from '#adapters/device-runner';
import { InsideHost } from '#dataplane/inside-host';
import { renderVpn3000 } from '#events/render-vpn3000';
import { startHeadEnd } from './head-end-process.ts';
import { hashPasswords } from './passwords.ts';
import { UsageError, VERSION } from './program.ts';
import type { RunOptions } from './run.ts';

/** Runs a head-end until it is told to stop; the answer is the exit status. */
export async function runHeadEnd(options: RunOptions): Promise<number> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const work = new SlowWork(2);
  const configuration = await hashPasswords(options.parsed.configuration, work.scrypt);
  const started = await startHeadEnd({
    configuration,
    work,
    inside:
      options.inside === 'memory'
        ? { kind: 'memory', network: new InsideHost([], () => {}) }
        : { kind: 'userspace', tunName: options.tunName, mtu: options.mtu },
  });
  if (!started.ok) throw new UsageError(started.error);
  const headEnd = started.value;
  headEnd.device.log.listen((event) => say(renderVpn3000(event)));
  say(`headend ${VERSION} runs ${options.file}`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await headEnd.close();
  work.close();
  return 0;
}
