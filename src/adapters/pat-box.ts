import { existsSync } from 'node:fs';
import type { Instant } from '#base/instant';
import { err, ok, type Result } from '#base/result';
import type { EventRecord } from '#events/event';
import type { RouterEffect } from '#features/nat/frame';
import { PatRouter } from '#features/nat/router';
import type { PatPlan } from '#features/nat/rules';
import {
  type ArpView,
  arpView,
  type PatCountersView,
  patCountersView,
  type XlateView,
  xlateView,
} from '#features/nat/show';
import type { ShownPatBox } from '#features/nat/show-commands';
import { now } from './machine-clock.ts';
import { PacketSocket } from './packet-socket.ts';
import { loadSys, type Sys } from './userspace/sys.ts';

export type PatBoxOptions = {
  readonly plan: PatPlan;
  /** Linux interfaces by hardware name, where they are not called alike. */
  readonly linuxNames: ReadonlyMap<string, string>;
  readonly happened: (event: EventRecord) => void;
};

/** A PAT box at work. */
export type PatBox = ShownPatBox & {
  /** Takes over a plan with the same interfaces. */
  reconfigure(plan: PatPlan): void;
  close(): void;
};

/**
 * The Linux interface of one that the configuration names: what the user said, or the interface of its
 * hardware name, or else of its `nameif` name.
 */
export function linuxNameOf(
  { hardware, name }: { readonly hardware: string; readonly name: string },
  linuxNames: ReadonlyMap<string, string>,
  exists: (linuxName: string) => boolean = (n) => existsSync(`/sys/class/net/${n}`),
): string {
  const said = linuxNames.get(hardware);
  if (said !== undefined) return said;
  return !exists(hardware) && exists(name) ? name : hardware;
}

/** Reads `--interface ethernet0=eth0` options; the error is one line. */
export function readLinuxNames(
  options: readonly string[],
): Result<ReadonlyMap<string, string>, string> {
  const names = new Map<string, string>();
  for (const option of options) {
    const [hardware, linuxName, ...more] = option.split('=');
    if (!hardware || !linuxName || more.length > 0)
      return err(`--interface ${option}: write it as ethernet0=eth0`);
    names.set(hardware, linuxName);
  }
  return ok(names);
}

function openSockets(
  sys: Sys,
  { plan, linuxNames }: PatBoxOptions,
): Result<ReadonlyMap<string, PacketSocket>, string> {
  const sockets = new Map<string, PacketSocket>();
  for (const wanted of plan.interfaces) {
    const socket = PacketSocket.open(sys, linuxNameOf(wanted, linuxNames));
    if (!socket.ok) {
      for (const other of sockets.values()) other.close();
      return err(`${wanted.hardware} (${wanted.name}): ${socket.error}`);
    }
    sockets.set(wanted.hardware, socket.value);
  }
  return ok(sockets);
}

/** Runs a PAT box on packet sockets; the error is one line that says what to do. */
export async function startPatBox(options: PatBoxOptions): Promise<Result<PatBox, string>> {
  const sys = await loadSys();
  if (!sys.ok) return sys;
  const opened = openSockets(sys.value, options);
  if (!opened.ok) return opened;
  const links = [...opened.value].map(([hardware, { hardwareAddress, mtu }]) => ({
    hardware,
    hardwareAddress,
    mtu,
  }));
  return ok(new RunningPatBox(new PatRouter(options.plan, links), opened.value, options));
}

class RunningPatBox implements PatBox {
  readonly #router: PatRouter;
  readonly #byHardware: ReadonlyMap<string, PacketSocket>;
  readonly #options: PatBoxOptions;
  /** By `nameif` name, which a new plan may change. */
  #sockets: ReadonlyMap<string, PacketSocket>;
  #alarm: NodeJS.Timeout | undefined;
  #alarmAt: Instant | undefined;

  constructor(
    router: PatRouter,
    sockets: ReadonlyMap<string, PacketSocket>,
    options: PatBoxOptions,
  ) {
    this.#router = router;
    this.#byHardware = sockets;
    this.#options = options;
    this.#sockets = this.#byName();
    for (const [hardware, socket] of sockets) socket.watch(() => this.#receive(hardware, socket));
    this.#perform(router.start());
    this.#finish();
  }

  xlate(): XlateView {
    return xlateView(this.#router.translations, now());
  }

  arp(): ArpView {
    return arpView(this.#router);
  }

  counters(): PatCountersView {
    let unsent = 0;
    for (const socket of this.#byHardware.values()) unsent += socket.unsent;
    return patCountersView(this.#router, unsent);
  }

  clearXlate(): void {
    this.#perform(this.#router.clearTranslations());
    this.#finish();
  }

  reconfigure(plan: PatPlan): void {
    const effects = this.#router.reconfigure(plan);
    this.#sockets = this.#byName();
    this.#perform(effects);
    this.#finish();
  }

  close(): void {
    clearTimeout(this.#alarm);
    for (const socket of this.#byHardware.values()) socket.close();
  }

  #byName(): ReadonlyMap<string, PacketSocket> {
    const named = new Map<string, PacketSocket>();
    for (const { interface: i } of this.#router.ports) {
      const socket = this.#byHardware.get(i.hardware);
      if (socket) named.set(i.name, socket);
    }
    return named;
  }

  #receive(hardware: string, socket: PacketSocket): void {
    const port = this.#router.ports.find((p) => p.interface.hardware === hardware);
    const at = now();
    socket.receive(
      (bytes, offload) => {
        // What a plan without this interface leaves unread would wake us again at once.
        if (port === undefined) return;
        const frame = { interface: port.interface.name, bytes, offload };
        this.#perform(this.#router.receive(frame, at));
      },
      () => this.#finish(),
    );
  }

  #perform(effects: readonly RouterEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'event') this.#options.happened(effect.event);
      else this.#sockets.get(effect.frame.interface)?.send(effect.frame);
    }
  }

  /** Sends what is queued and sets the alarm. */
  #finish(): void {
    for (const socket of this.#byHardware.values()) socket.flush();
    const due = this.#router.deadline();
    if (due === this.#alarmAt) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = due;
    if (due === undefined) return;
    const delayMs = Math.max(0, Math.ceil(due - now()));
    this.#alarm = setTimeout(() => {
      this.#alarmAt = undefined;
      this.#perform(this.#router.tick(now()));
      this.#finish();
    }, delayMs);
  }
}
