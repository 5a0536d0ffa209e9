import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '#base/assert';
import { CounterPages, PATH_COUNTER } from '#dataplane/counters';
import { ForwardingTable } from '#dataplane/forwarding-table';
import { MssClamp } from '#dataplane/mss-clamp';
import { PacketPath } from '#dataplane/packet-path';
import { PathMtu } from '#dataplane/path-mtu';
import { evpCiphers } from './evp.ts';
import { recorded } from './ledger.ts';
import type { WorkerCommand, WorkerStart } from './messages.ts';
import { PacketLoop } from './packet-loop.ts';
import { PathMtuProbe } from './path-mtu-probe.ts';
import { ReportGate } from './report-gate.ts';
import { loadSys } from './sys.ts';
import { warmUp } from './warm-up.ts';

/**
 * A worker of the user-space data plane. Its event loop never turns while it runs: messages are
 * fetched when the eventfd says that there are some.
 */
const start = workerData as WorkerStart;
const port = parentPort;
assert(port, 'the packet worker runs as a thread');
const loaded = await loadSys();
if (!loaded.ok) throw new Error(loaded.error);

const sys = recorded(loaded.value, start.ledger);
const ciphers = evpCiphers(sys);
warmUp(sys, ciphers);
const pages = new CounterPages();
const table = new ForwardingTable(ciphers, pages);
const gate = new ReportGate(
  start.handled,
  (reports) => port.postMessage(reports),
  () => path.count(PATH_COUNTER.queueFull),
);
const probe = new PathMtuProbe(sys);
const pathMtu = new PathMtu((remote) => probe.ask(remote));
const path = new PacketPath(
  table,
  new Float64Array(start.pathCounters),
  (report) => gate.add(report),
  start.rules.clampMss ? new MssClamp(pathMtu) : undefined,
);
const hooks = { wake: obey, turned: () => gate.flush() };
const loop = new PacketLoop(sys, start, path, pathMtu, hooks);

function install({ pages: more, changes }: Pick<WorkerStart, 'pages' | 'changes'>): void {
  for (const page of more) pages.adopt(page);
  table.apply(changes);
}

/** Carries out what the main thread has sent; whether to go on. */
function obey(): boolean {
  for (;;) {
    const received: { message: readonly WorkerCommand[] } | undefined = receiveMessageOnPort(
      port as NonNullable<typeof port>,
    );
    if (!received) return true;
    for (const command of received.message) {
      if (command.kind === 'stop') return false;
      if (command.kind === 'apply') install(command);
      else loop.send(command.local, command.remote, command.bytes);
    }
  }
}

install(start);
if (obey()) loop.run();
// The last words of the engine, such as Delete messages, still have to leave.
loop.flush();
gate.flush();
table.close();
port.close();
