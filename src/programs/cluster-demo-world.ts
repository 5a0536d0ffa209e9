import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlowWork } from '#adapters/device-runner';
import type { DemoManagement } from '#adapters/http/management-port';
import { address, type IpAddress } from '#base/address';
import { err, ok } from '#base/result';
import type { ClientProcess } from './client-process.ts';
import { DemoMember, type DemoMemberParts } from './cluster-demo-member.ts';
import { type DemoSecrets, demoAddresses } from './demo-network.ts';
import { newSecret, newSecrets, startDemoClients, startDemoPat } from './demo-parts.ts';
import { connectInTurn, keepTraffic } from './demo-story.ts';
import { FollowingManagement } from './following-management.ts';
import { type Management, type ManagementWanted, openWebConsole } from './management.ts';
import { type PortReservation, reservePorts } from './port-reservation.ts';
import { UsageError } from './program.ts';

/** What every client of the demo is given. */
export const clusterAddress = address('127.18.124.254');

const hosts = [129, 130, 131] as const;
const publicAddress = (host: number): IpAddress => address(`127.18.124.${host}`);

/** Of no member; who has a port here has it at all of them. */
const RESERVATION = publicAddress(1);

const MASTER = 131;
const CLUSTER_PORT = 19_023;

/** A head-end that is silent for so long is given up by its clients, which then come back. */
const PEER_TIMEOUT_SECONDS = 12;

/** The clients wait until the members have found each other, and no longer than this. */
const JOIN_MS = 7000;
const LOOK_MS = 50;

/** Other programs may hold the ports of the demo; a few more are tried. */
const PORT_ATTEMPTS = 20;

type Common = Pick<
  DemoMemberParts,
  'clusterAddress' | 'clusterKey' | 'encrypts' | 'secrets' | 'sealing' | 'work' | 'say'
> & { readonly state: string };

type Started = {
  readonly members: readonly DemoMember[];
  readonly reservation: PortReservation;
};

/** Starts all members on the first ports that are free for all of them. */
async function startMembers(common: Common): Promise<Started> {
  let reason = 'too many demos run on this machine';
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const reservation = await reservePorts(RESERVATION, attempt);
    if (!reservation) continue;
    const members = hosts.map((host, i) => memberOf(common, host, i, reservation.ports, attempt));
    // First up stays master: the one that nobody types at.
    for (const member of [...members].reverse()) {
      const started = await member.start();
      if (started.failed) reason = started.text;
      if (started.failed) break;
    }
    if (members.every((member) => member.runs)) return { members, reservation };
    for (const member of members) await member.stop();
    await reservation.release();
  }
  throw new UsageError(reason);
}

const memberOf = (
  common: Common,
  host: number,
  i: number,
  ports: PortReservation['ports'],
  attempt: number,
) =>
  new DemoMember({
    ...common,
    name: `member${i + 1}`,
    host,
    others: hosts.filter((h) => h !== host),
    outside: publicAddress(host),
    priority: host === MASTER ? 10 : 5,
    ports,
    clusterPort: CLUSTER_PORT + attempt,
    stateFolder: join(common.state, `${host}`),
  });

/** The web console of the master; while there is none, of the member it was of, or of any that runs. */
function openDemoWebConsole(members: readonly DemoMember[], wanted: ManagementWanted) {
  let shown: DemoMember | undefined;
  const current = () => {
    const master = members.find((member) => member.isMaster);
    if (master) shown = master;
    else if (!shown?.runs) shown = members.find((member) => member.runs) ?? shown;
    return shown?.management;
  };
  const accident = (what: 'crash' | 'start') => async (name: string) => {
    const member = members.find((m) => m.name === name);
    if (!member) return err(`There is no member ${name}.`);
    const last = what === 'crash' && members.filter((m) => m.runs).length === 1;
    if (last && member.runs) return err('This is the last member; its console would go with it.');
    const { failed, text } = await member[what]();
    return failed ? err(text.replace(/^% /, '')) : ok(undefined);
  };
  const demo: DemoManagement = {
    view: () => ({ members: members.map(({ name, runs }) => ({ name, runs })) }),
    crash: accident('crash'),
    start: accident('start'),
  };
  return openWebConsole(
    new FollowingManagement({ current, demo }),
    (record) => void members.find((member) => member.runs)?.note(record),
    wanted,
  );
}

/** Members, PAT and clients that run, and the web console of whoever is master. */
export type ClusterDemo = {
  readonly members: readonly [DemoMember, ...DemoMember[]];
  readonly clients: readonly ClientProcess[];
  readonly secrets: DemoSecrets;
  readonly web: Management;
  /** Lets the clients log in one after the other, once there is time for an election. */
  connect(print: (text: string) => void): void;
  close(): Promise<void>;
};

/** Starts the demo; `say` is told the story of the members as it happens. */
export async function startClusterDemo(
  { say, encrypts }: Pick<DemoMemberParts, 'say' | 'encrypts'>,
  wanted: ManagementWanted,
): Promise<ClusterDemo> {
  const secrets = newSecrets(demoAddresses.clusterClients);
  const work = new SlowWork(2);
  const state = mkdtempSync(join(tmpdir(), 'headend-demo-'));
  const clusterKey = newSecret();
  const sealing = { made: undefined };
  const common = { clusterAddress, clusterKey, encrypts, secrets, sealing, work, state, say };
  const { members, reservation } = await startMembers(common);
  const { ports } = reservation;
  const pat = await startDemoPat(ports, [clusterAddress, ...hosts.map(publicAddress)]);
  const clients = await startDemoClients({
    ...{ secrets, ports, pat, work },
    host: clusterAddress,
    clients: demoAddresses.clusterClients,
    peerTimeoutSeconds: PEER_TIMEOUT_SECONDS,
  });
  const web = await openDemoWebConsole(members, wanted);
  const legacyOf = (user: string) => members.flatMap((member) => member.legacyOf(user));
  const target = demoAddresses.insideHost;
  const traffic = keepTraffic(clients, target);
  let looking: NodeJS.Timeout | undefined;
  return {
    members: members as [DemoMember, ...DemoMember[]],
    ...{ clients, secrets, web },
    connect(print) {
      const until = performance.now() + JOIN_MS;
      looking = setInterval(() => {
        const isWhole = members.some((member) => member.hasGathered(members.length - 1));
        if (!isWhole && performance.now() < until) return;
        clearInterval(looking);
        connectInTurn(clients, { target, legacyOf, print });
      }, LOOK_MS);
    },
    async close() {
      clearInterval(looking);
      clearInterval(traffic);
      await web.close();
      await Promise.all(clients.map((client) => client.close()));
      for (const member of members) await member.stop();
      await pat.close();
      await reservation.release();
      work.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}
