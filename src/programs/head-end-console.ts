import { now } from '#adapters/machine-clock';
import { ProcessMeter } from '#adapters/process-figures';
import type { ScryptPool } from '#adapters/scrypt';
import type { Shell } from '#adapters/terminal/shell';
import { CommandLine } from '#config/command-line';
import type { Configuration } from '#config/configuration';
import { grammar } from '#engine/grammar';
import {
  type HeadEndNeeds,
  type HeadEndRequest,
  headEndCommands,
  headEndNeeds,
} from '#engine/head-end-commands';
import type { HeadEndProcess } from './head-end-process.ts';
import { hashPasswords } from './passwords.ts';
import { RunningConfiguration } from './running-configuration.ts';
import { type Performed, shellOf } from './shell.ts';

/** The command lines of a head-end: what they read, change and request. */
export class HeadEndConsole {
  readonly #process: HeadEndProcess;
  readonly #owner: RunningConfiguration;
  readonly #needs: HeadEndNeeds;
  readonly #scrypt: ScryptPool;
  readonly meter = new ProcessMeter();

  constructor(process: HeadEndProcess, file: string | undefined, scrypt: ScryptPool) {
    this.#process = process;
    this.#scrypt = scrypt;
    const { device } = process;
    this.#owner = new RunningConfiguration(device.configuration, file, (c) => this.#applied(c));
    this.#needs = headEndNeeds(device, {
      now,
      dataPlane: process.inside,
      figures: () => this.meter.figures(),
    });
  }

  get needs(): HeadEndNeeds {
    return this.#needs;
  }

  openCommandLine(): CommandLine<HeadEndNeeds, HeadEndRequest> {
    return new CommandLine({
      grammar,
      commands: headEndCommands,
      needs: this.#needs,
      owner: this.#owner,
    });
  }

  openShell(): Shell {
    return shellOf(this.openCommandLine(), (request) => this.perform(request));
  }

  /** Carries out what a command requested of the process or the device. */
  perform(
    request: HeadEndRequest | { readonly kind: 'saveConfiguration'; readonly text: string },
  ): Performed {
    if (request.kind === 'saveConfiguration') return this.#owner.save(request.text);
    const { device, driver } = this.#process;
    const { text, effects } = device.request(request, now());
    driver.carryOut(effects);
    return { text, failed: false };
  }

  /** A line was accepted: it is in force at once, and passwords in it become verifiers soon after. */
  #applied(configuration: Configuration): void {
    this.#process.device.configure(configuration);
    void hashPasswords(configuration, this.#scrypt).then((hashed) => {
      // Only what was typed meanwhile is newer than the configuration that was hashed.
      if (hashed !== configuration && this.#owner.running() === configuration)
        this.#owner.apply(hashed);
    });
  }
}
