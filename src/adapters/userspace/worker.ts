import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '#base/assert';
import { CounterPages, PATH_COUNTER } from '#dataplane/counters';
import { ForwardingTable } from '#dataplane/forwarding-table';
import { MssClamp } from '#dataplane/mss-clamp';
import { type EspElsewhere, PacketPath } from '#dataplane/packet-path';
import { PathMtu } from '#dataplane/path-mtu';
import { workerOf } from '#dataplane/sa-placement';
import { askForShortSlices } from '../short-slices.ts';
import { evpCiphers } from './evp.ts';
import { HandOver } from './hand-over.ts';
import { recorded } from './ledger.ts';
import type {
  Installation,
  SendCommand,
  WorkerBirth,
  WorkerCommand,
  WorkerStart,
} from './messages.ts';
import { PacketLoop } from './packet-loop.ts';
import { PathMtuProbe } from './path-mtu-probe.ts';
import { PostponedSends } from './postponed-sends.ts';
import { ReportGate } from './report-gate.ts';
import { loadSys } from './sys.ts';
import { warmUp } from './warm-up.ts';
import { WorkerSignals } from './worker-signals.ts';

/**
 * A worker of the user-space data plane. Its event loop never turns while it runs: it looks for
 * messages before it looks at packets.
 */
const birth = workerData as WorkerBirth;
const port = parentPort;
assert(port, 'the packet worker runs as a thread');
const loaded = await loadSys();
if (!loaded.ok) throw new Error(loaded.error);

const sys = recorded(loaded.value, birth.ledger);
const ciphers = evpCiphers(sys);
warmUp(sys, ciphers);
await askForShortSlices();

Atomics.wait(new Int32Array(birth.bell), 0, 0);
const first: { message: WorkerStart } | undefined = receiveMessageOnPort(port);
assert(first, 'the bell rings when there is a message');
const start = first.message;
const { index: me, shared } = start;
const pages = new CounterPages();
const table = new ForwardingTable(ciphers, pages);
const gate = new ReportGate(
  start.reports,
  start.reportPlaces,
  (beside) => port.postMessage(beside),
  () => path.count(PATH_COUNTER.queueFull),
);
const probe = new PathMtuProbe(sys);
const pathMtu = new PathMtu((remote) => probe.ask(remote));
const handOver = shared && new HandOver(sys, shared, me, () => path);
const postponed = handOver && new PostponedSends(handOver.states, me);
const path = new PacketPath(
  table,
  new Float64Array(start.pathCounters),
  (report) => gate.add(report),
  start.rules.clampMss ? new MssClamp(pathMtu, start.rules.clampMss) : undefined,
  handOver && espElsewhere(handOver, handOver.states.workers),
);
const signals = new WorkerSignals(start.signals);
const hooks = {
  fallAsleep: () => signals.fallAsleep(),
  wakeUp: () => !signals.wakeUp() || obey(),
  due: () => postponed?.due === true,
  begun: () => postponed?.release(send),
  turned: () => {
    probe.rest();
    gate.flush();
  },
};
const loop = new PacketLoop(sys, start, path, pathMtu, hooks, handOver);

function espElsewhere(others: HandOver, workers: number): EspElsewhere {
  return (spi, arrival, source, from, octets) => {
    const owner = workerOf(spi, workers);
    if (owner === me) return false;
    const { remote, trafficClass } = arrival;
    others.giveEsp(owner, source, from, octets, arrival.port, remote, trafficClass);
    return true;
  };
}

/** Carries out a transaction, and says so to whoever waits for it. */
function apply({ pages: more, changes, serial }: Installation): void {
  for (const page of more) pages.adopt(page);
  table.apply(changes);
  signals.applied(serial);
}

function send({ local, remote, bytes }: SendCommand): void {
  loop.send(local, remote, bytes);
}

/** The same with the other workers, among which some datagrams wait. */
function applyAmongOthers(installation: Installation): void {
  apply(installation);
  handOver?.states.applied(me, installation.serial);
  handOver?.wakeAwaiting();
}

/** Carries out what the main thread has sent; whether to go on. */
function obey(): boolean {
  for (;;) {
    const received: { message: readonly WorkerCommand[] } | undefined = receiveMessageOnPort(
      port as NonNullable<typeof port>,
    );
    if (!received) break;
    for (const command of received.message) {
      if (command.kind === 'stop') return false;
      if (command.kind === 'apply') applyAmongOthers(command);
      else if (!postponed?.postpone(command)) send(command);
    }
  }
  loop.flush();
  return true;
}

apply(start.installed);
handOver?.skipUnderWork();
handOver?.states.applied(me, start.installed.serial);
handOver?.wakeAwaiting();
if (obey()) loop.run();
// The last words of the engine, such as Delete messages, still have to leave.
postponed?.release(send, true);
loop.flush();
gate.flush();
table.close();
port.close();
