import type { Instant } from '#base/instant';
import type { DataPlane, DataPlaneReport } from '#dataplane/data-plane';
import type { ClusterAction } from '#features/cluster/port';
import type { Answer, Effect, Input, Question, Steppable } from './ports.ts';

/** What a device needs from the world around it; real in `adapters`, virtual in `sim`. */
export type DriverPorts = {
  readonly now: () => Instant;
  /** Carries out slow work and calls back once, never before `ask` has returned. */
  readonly ask: (question: Question, answered: (answer: Answer) => void) => void;
  /** Asks for one call of `Driver.tick` at a moment, in place of the moment asked for before. */
  readonly wakeAt: (at: Instant | undefined) => void;
  /** What the device as a member of a cluster wants done; absent for devices that are in none. */
  readonly cluster?: ((action: ClusterAction) => void) | undefined;
};

/** Runs one device: hands it inputs one at a time, carries out its effects in order, keeps its alarm set. */
export class Driver {
  readonly #device: Steppable;
  readonly #ports: DriverPorts;
  #dataPlane: DataPlane | undefined;
  #stopped = false;
  #alarm: Instant | undefined;

  constructor(device: Steppable, ports: DriverPorts) {
    this.#device = device;
    this.#ports = ports;
  }

  /** Connects the packet path; it needs `report` to be made, so it comes after the driver. */
  attach(dataPlane: DataPlane): void {
    this.#dataPlane = dataPlane;
  }

  /** The callback that the data plane reports to. */
  readonly report = (report: DataPlaneReport): void => this.input({ kind: 'dataPlane', report });

  /** Called at the moment asked for by `wakeAt`. */
  readonly tick = (): void => {
    this.#alarm = undefined;
    this.input({ kind: 'tick' });
  };

  input(input: Input): void {
    // Under load timers come after everything that has arrived, and a member of a cluster would look asleep.
    if (this.#isOverdue && input.kind !== 'tick') this.tick();
    if (this.#stopped) return;
    this.carryOut(this.#device.step(input, this.#ports.now()));
  }

  get #isOverdue(): boolean {
    return this.#alarm !== undefined && this.#ports.now() > this.#alarm;
  }

  /** Carries out effects that came from a command rather than from an input; none after `stop`. */
  carryOut(effects: readonly Effect[]): void {
    if (this.#stopped) return;
    for (const effect of effects) this.#perform(effect);
    this.#setAlarm();
  }

  /** Nothing that arrives or is commanded has effects from now on; the caller closes the data plane. */
  stop(): void {
    this.#stopped = true;
    this.#ports.wakeAt(undefined);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#dataPlane?.send(effect.local, effect.remote, effect.bytes, effect.encapsulated);
        return;
      case 'keepalive':
        this.#dataPlane?.sendKeepalive(effect.local, effect.remote);
        return;
      case 'forward':
        this.#dataPlane?.apply(effect.changes);
        return;
      case 'cluster':
        this.#ports.cluster?.(effect.action);
        return;
      case 'ask': {
        const { id } = effect;
        this.#ports.ask(effect.question, (answer) => this.input({ kind: 'answer', id, answer }));
        return;
      }
    }
  }

  #setAlarm(): void {
    const deadline = this.#device.deadline();
    if (deadline === this.#alarm) return;
    this.#alarm = deadline;
    this.#ports.wakeAt(deadline);
  }
}
