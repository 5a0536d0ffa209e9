import { now } from '#adapters/machine-clock';
import { ProcessMeter } from '#adapters/process-figures';
import type { ScryptPool } from '#adapters/scrypt';
import type { Shell } from '#adapters/terminal/shell';
import { CommandLine } from '#config/command-line';
import type { Configuration } from '#config/configuration';
import { startupText } from '#config/console-commands';
import { type Trial, tryLines } from '#config/trial';
import { grammar } from '#engine/grammar';
import {
  type HeadEndNeeds,
  type HeadEndRequest,
  headEndCommands,
  headEndNeeds,
} from '#engine/head-end-commands';
import { type EventRecord, occurred } from '#events/event';
import { configurationChanged, passwordsNotHashed } from '#features/management/events';
import { auditedOwner, savedRecord } from './audit.ts';
import type { Seat } from './consoles.ts';
import type { HeadEndProcess } from './head-end-process.ts';
import { holdsClearPasswords, sealingOf } from './passwords.ts';
import { waitsForRestart } from './read-at-start.ts';
import { RunningConfiguration } from './running-configuration.ts';
import { type Answered, type Performed, shellOf } from './shell.ts';

/** A change of the configuration that was tried. */
export type Change = {
  readonly trial: Trial;
  /** What of it has to wait for a restart, as phrases. */
  readonly pending: readonly string[];
  readonly apply: (by: string) => void;
};

/** What `write memory` answers rather than write a password in clear. */
const NOT_HASHED: Performed = {
  text: '% Nothing was written, since passwords could not be hashed; try again when the machine has memory',
  failed: true,
};

/** The command lines of a head-end: what they read, change and request. */
export class HeadEndConsole {
  readonly #process: HeadEndProcess;
  readonly #owner: RunningConfiguration;
  readonly #needs: HeadEndNeeds;
  readonly #scrypt: ScryptPool;
  readonly meter = new ProcessMeter();
  #sealing: Promise<boolean> | undefined;

  constructor(process: HeadEndProcess, file: string | undefined, scrypt: ScryptPool) {
    this.#process = process;
    this.#scrypt = scrypt;
    const { device } = process;
    const started = device.configuration;
    this.#owner = new RunningConfiguration(started, file, {
      applied: (c) => this.#applied(c),
      pending: (before, after) => waitsForRestart(started, before, after, process.inside),
    });
    this.#needs = headEndNeeds(device, {
      now,
      dataPlane: process.inside,
      figures: () => this.meter.figures(),
    });
  }

  get needs(): HeadEndNeeds {
    return this.#needs;
  }

  /** A command line for one seat; `by` names it where the log says who changed something. */
  openCommandLine(by: string): CommandLine<HeadEndNeeds, HeadEndRequest> {
    return new CommandLine({
      grammar,
      commands: headEndCommands,
      needs: this.#needs,
      owner: auditedOwner(this.#owner, by, (record) => this.#note(record)),
    });
  }

  openShell({ name, stays }: Seat): Shell {
    const perform = (request: HeadEndRequest | { readonly kind: 'saveConfiguration' }) =>
      this.perform(request, name);
    return shellOf(this.openCommandLine(name), perform, stays);
  }

  #note(record: EventRecord): void {
    this.#process.device.note(record, now());
  }

  /**
   * Tries lines of a mode as one change of the running configuration; `apply` puts an accepted one in force, and
   * notes each line with `by`.
   */
  change(lines: readonly string[], mode: string): Change {
    const before = this.#owner.running();
    const trial = tryLines(grammar, before, lines, mode);
    return {
      trial,
      pending: this.#owner.pending(before, trial.candidate),
      apply: (by) => {
        if (!trial.accepted || trial.changes.length === 0) return;
        this.#owner.apply(trial.candidate);
        for (const at of trial.typed)
          this.#note(occurred(configurationChanged, { by, line: at.join(' > ') }));
      },
    };
  }

  /** Carries out what a command requested of the process or the device. */
  perform(request: HeadEndRequest | { readonly kind: 'saveConfiguration' }, by: string): Answered {
    if (request.kind === 'saveConfiguration') return this.#save(by);
    const { device, driver } = this.#process;
    const { text, effects } = device.request(request, now(), by);
    driver.carryOut(effects);
    return { text, failed: false };
  }

  /** `write memory`: no password is written in clear, so those typed just now are hashed first. */
  async #save(by: string): Promise<Performed> {
    const saved = (await this.sealPasswords())
      ? this.#owner.save(startupText(grammar, this.#owner.running()))
      : NOT_HASHED;
    this.#note(savedRecord(by, saved));
    return saved;
  }

  /** A line was accepted: it is in force at once, and passwords in it become verifiers soon after. */
  #applied(configuration: Configuration): void {
    const { device, driver } = this.#process;
    driver.carryOut(device.configure(configuration, now()));
    if (holdsClearPasswords(configuration)) void this.sealPasswords();
  }

  /**
   * Has every password that was read or typed replaced by its verifier; whether none is left. One at a
   * time, so that lines typed in a row do not hash the passwords of those before them again.
   */
  sealPasswords(): Promise<boolean> {
    this.#sealing ??= this.#sealAll().finally(() => {
      this.#sealing = undefined;
    });
    return this.#sealing;
  }

  async #sealAll(): Promise<boolean> {
    const unsealed = () => [this.#owner.running(), this.#owner.startup()].find(holdsClearPasswords);
    const { credentials } = this.#process.device;
    for (let next = unsealed(); next; next = unsealed()) {
      const sealing = await sealingOf(next, this.#scrypt);
      for (const { user, password, verifier } of sealing.users)
        credentials.sealed(user, password, verifier);
      this.#owner.seal(sealing);
      if (sealing.failed > 0) {
        this.#note(occurred(passwordsNotHashed, { count: sealing.failed }));
        return false;
      }
    }
    return true;
  }
}
