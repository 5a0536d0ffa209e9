import { now } from '#adapters/machine-clock';
import { type PatBox, startPatBox } from '#adapters/pat-box';
import { dismissWorkers } from '#adapters/userspace/worker-thread';
import { CommandLine } from '#config/command-line';
import type { Configuration } from '#config/configuration';
import { grammar } from '#engine/grammar';
import { patBoxCommands, patBoxNeeds } from '#engine/pat-box-commands';
import type { EventRecord } from '#events/event';
import { EventLog } from '#events/log';
import { renderVpn3000 } from '#events/render-vpn3000';
import { managementSlice } from '#features/management/config';
import { changeOfPlan, patPlanOf } from '#features/nat/feature';
import type { PatPlan } from '#features/nat/rules';
import { auditedOwner, savedRecord } from './audit.ts';
import { openConsoles, type Seat, typedHere } from './consoles.ts';
import { UsageError, VERSION } from './program.ts';
import type { RunOptions } from './run-file.ts';
import { RunningConfiguration } from './running-configuration.ts';
import { shellOf } from './shell.ts';
import { untilStopped } from './until-stopped.ts';

const EVENTS_KEPT = 20_000;

function planOf(options: RunOptions): PatPlan {
  const { configuration } = options.parsed;
  const plan = patPlanOf(configuration);
  if (!plan.ok) throw new UsageError(`${options.file}: ${plan.error.join('; ')}`);
  return plan.value;
}

/** Runs a PAT box until it is told to stop; the answer is the exit status. */
export async function runPatBox(options: RunOptions): Promise<number> {
  dismissWorkers();
  let plan = planOf(options);
  const severities = (c: Configuration) => managementSlice.of(c).logging.classes;
  const log = new EventLog(EVENTS_KEPT, severities(options.parsed.configuration));
  const started = await startPatBox({
    plan,
    linuxNames: options.linuxNames,
    happened: (event) => void log.add(event, now()),
  });
  if (!started.ok) throw new UsageError(started.error);
  const box: PatBox = started.value;
  const { stopped, stop } = untilStopped();
  /** The plan of a configuration that this box can take over while it runs. */
  const takenOver = (configuration: Configuration): PatPlan | undefined => {
    const planned = patPlanOf(configuration);
    const restart = !planned.ok || changeOfPlan(plan, planned.value) === 'restart';
    return restart ? undefined : planned.value;
  };
  const owner = new RunningConfiguration(options.parsed.configuration, options.file, {
    applied(next) {
      log.setSeveritiesToLog(severities(next));
      const nextPlan = takenOver(next);
      if (!nextPlan) return;
      plan = nextPlan;
      box.reconfigure(plan);
    },
    pending: (_, next) =>
      takenOver(next) ? [] : ['until headend is started again, packets are translated as before'],
  });
  const needs = patBoxNeeds(box, log, now);
  const note = (record: EventRecord) => void log.add(record, now());
  const openShell = ({ name, stays }: Seat) => {
    const audited = auditedOwner(owner, name, note);
    const commandLine = new CommandLine({
      grammar,
      commands: patBoxCommands,
      needs,
      owner: audited,
    });
    const save = (request: { readonly text: string }) => {
      const saved = owner.save(request.text);
      note(savedRecord(name, saved));
      return saved;
    };
    return shellOf(commandLine, save, stays);
  };
  const consoles = await openConsoles(options.consoleSocket, openShell, stop, note);
  log.listen((event) => {
    if (!typedHere(event)) consoles.print(renderVpn3000(event));
  });
  consoles.print(`headend ${VERSION}: PAT box of ${options.file}; Ctrl-C ends it`);
  await stopped;
  box.close();
  await consoles.close();
  return 0;
}
