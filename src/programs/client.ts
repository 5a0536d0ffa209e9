import { parseArgs } from 'node:util';
import { SlowWork } from '#adapters/device-runner';
import { safeText } from '#adapters/terminal/screen';
import { type IpAddress, parseAddress } from '#base/address';
import { renderClient } from '#events/render-client';
import { type Profile, parseProfile } from '#features/client/profile';
import { readText } from './check.ts';
import { runLoad } from './client-load-run.ts';
import { type ClientProcess, startClient } from './client-process.ts';
import { IKE_PORTS } from './listening.ts';
import { type Program, UsageError } from './program.ts';

function addressOption(name: string, text: string | undefined): IpAddress | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new UsageError(`${name}: ${parsed.error}`);
  return parsed.value;
}

function countOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1)
    throw new UsageError(`${name} takes a number from 1 to 9999999`);
  return Number(text);
}

export async function readProfile(path: string): Promise<Profile> {
  const profile = parseProfile(await readText(path));
  if (!profile.ok) throw new UsageError(`${path}: ${profile.error}`);
  return profile.value;
}

export const clientProgram: Program = {
  name: 'client',
  synopsis: 'PROFILE [--ping ADDRESS] [--log] [--json] [--local ADDRESS] [--load COUNT]',
  summary: 'connect as a client, to try a head-end or to load it',
  help: `Connects with the connection entry PROFILE (the keys of a .pcf file: Host, GroupName, GroupPwd,
Username, UserPassword, EnableNat, DHGroup, ...), says what happens, and stays until Ctrl-C. Its inside
network is within this process: it can be pinged and can ping, and needs no privilege.

  --ping ADDRESS     ping ADDRESS through the tunnel once a second
  --log              the log window, in the form of the VPN client
  --json             the status as one line of JSON at every change
  --local ADDRESS    connect from this address
  --load COUNT       connect COUNT clients as fast as possible, print the result as JSON and end;
                     %n in Username and UserPassword stands for its number; their tunnels
                     carry nothing
  --concurrency N    with --load: at most N clients connect at the same time (default 16)
  --users N          with --load: after N clients begin again with user 1, from another port
  --warm-up N        with --load: connect N clients before those that count
  --stay SECONDS     with --load: stay connected before ending`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ping: { type: 'string' },
        log: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        local: { type: 'string' },
        load: { type: 'string' },
        concurrency: { type: 'string' },
        users: { type: 'string' },
        'warm-up': { type: 'string' },
        stay: { type: 'string' },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('client takes one PROFILE');
    const profile = await readProfile(file);
    const local = addressOption('--local', values.local);
    const load = countOption('--load', values.load);
    const concurrency = countOption('--concurrency', values.concurrency) ?? 16;
    if (load !== undefined)
      return runLoad({
        profile,
        local,
        count: load,
        concurrency,
        users: countOption('--users', values.users),
        warmUp: countOption('--warm-up', values['warm-up']) ?? 0,
        staySeconds: countOption('--stay', values.stay) ?? 0,
      });
    const ping = addressOption('--ping', values.ping);
    return connectOnce(profile, { ping, local, log: values.log, json: values.json });
  },
};

type Wanted = {
  readonly ping: IpAddress | undefined;
  readonly local: IpAddress | undefined;
  readonly log: boolean;
  readonly json: boolean;
};

async function connectOnce(profile: Profile, wanted: Wanted): Promise<number> {
  const work = new SlowWork();
  const started = await startClient({ profile, work, ports: IKE_PORTS, local: wanted.local });
  if (!started.ok) throw new UsageError(started.error);
  const client = started.value;
  const say = (text: string) => process.stdout.write(`${safeText(text)}\n`);
  if (wanted.log) client.device.log.listen((event) => say(renderClient(event)));
  const pinging = setInterval(() => wanted.ping && pingOnce(client, wanted.ping, say), 1000);
  const code = await new Promise<number>((resolve) => {
    let last = '';
    client.changed = () => {
      const status = client.device.status();
      const text = JSON.stringify(status);
      if (text === last) return;
      last = text;
      if (wanted.json) say(text);
      else if (!wanted.log) say(describe(status));
      if (status.state === 'ended') resolve(1);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(0));
    client.connect();
  });
  clearInterval(pinging);
  await client.close();
  work.close();
  return code;
}

function describe(status: ReturnType<ClientProcess['device']['status']>): string {
  switch (status.state) {
    case 'idle':
      return 'not connected';
    case 'connecting':
      return `connecting to ${status.server} as ${status.user ?? 'nobody'}`;
    case 'connected':
      return `connected: address ${status.address}, tunnel port ${status.tunnelPort}`;
    case 'ended':
      return `not connected: ${status.reason}`;
  }
}

function pingOnce(client: ClientProcess, target: IpAddress, say: (text: string) => void): void {
  const sentAt = performance.now();
  client.ping(target, () =>
    say(`${target} answered after ${(performance.now() - sentAt).toFixed(2)} ms`),
  );
}
