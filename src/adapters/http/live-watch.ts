import type { LiveRequest, LiveUpdate } from '#views/live-views';
import type { Page, SessionSummaryView, SessionView, SystemView } from '#views/views';
import type { ClusterLoad } from './cluster-load.ts';
import { sessionsDelta, systemDelta } from './live-delta.ts';
import type { ManagementPort } from './management-port.ts';
import type { Throughput } from './throughput.ts';

/** A page of sessions may take at most this share of the time; slow ones are asked for less often. */
const sessionsTimeShare = 0.02;

const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a watch reads from; `clock` never steps back. */
export type WatchParts = {
  readonly port: ManagementPort;
  readonly throughput: Throughput;
  readonly load: ClusterLoad;
  readonly clock: () => number;
};

/** What one reader was told, and so what the next message to it must say. */
export class LiveWatch {
  readonly #port: ManagementPort;
  readonly #throughput: Throughput;
  readonly #load: ClusterLoad;
  readonly #clock: () => number;
  #request: LiveRequest = {};
  #system: SystemView | undefined;
  #summary: SessionSummaryView | undefined;
  #sessions: Page<SessionView> | undefined;
  #sessionsDueAt = 0;
  #sampledAt = 0;
  #detailTold: string | undefined;
  #lastSeq: number | undefined;
  #lastChoice: number | undefined;
  #loadSampledAt = 0;
  #generation: number;
  #refused: string | undefined;

  constructor({ port, throughput, load, clock }: WatchParts) {
    this.#port = port;
    this.#generation = port.generation?.() ?? 0;
    this.#throughput = throughput;
    this.#load = load;
    this.#clock = clock;
  }

  /** Follows `request` from now on; what it has in common with the request before goes on as it was. */
  follow(request: LiveRequest): void {
    if (!sameValue(request.sessions, this.#request.sessions)) {
      this.#sessions = undefined;
      this.#sessionsDueAt = 0;
    }
    if (request.detail !== this.#request.detail) this.#detailTold = undefined;
    if (!sameValue(request.events, this.#request.events)) this.#lastSeq = undefined;
    if (request.cluster !== this.#request.cluster) {
      this.#lastChoice = undefined;
      this.#loadSampledAt = 0;
    }
    this.#request = request;
    this.#refused = undefined;
  }

  refuse(reason: string): void {
    this.#refused = reason;
  }

  /** What was told of one device is not what another one has. */
  #forgetOtherDevice(): void {
    const generation = this.#port.generation?.() ?? 0;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#system = undefined;
    this.#summary = undefined;
    this.#sessions = undefined;
    this.#sessionsDueAt = 0;
    this.#detailTold = undefined;
    this.#lastSeq = undefined;
    this.#lastChoice = undefined;
    this.#loadSampledAt = 0;
  }

  /** Everything that is news to the reader. */
  update(): LiveUpdate {
    this.#forgetOtherDevice();
    const system = this.#port.system();
    const samples = this.#throughput.since(this.#sampledAt);
    this.#sampledAt = samples.at(-1)?.at ?? this.#sampledAt;
    const systemNews = systemDelta(this.#system, system);
    this.#system = system;
    return {
      asOf: system.asOf,
      throughput: samples,
      ...(systemNews && { system: systemNews }),
      ...this.#summaryNews(),
      ...this.#sessionsNews(),
      ...this.#detailNews(),
      ...this.#eventNews(),
      ...this.#clusterNews(),
      ...(this.#refused !== undefined && { refused: this.#refused }),
    };
  }

  #summaryNews(): Partial<LiveUpdate> {
    const summary = this.#port.summary();
    if (sameValue(summary, this.#summary)) return {};
    this.#summary = summary;
    return { summary };
  }

  #sessionsNews(): Partial<LiveUpdate> {
    const query = this.#request.sessions;
    const startedAt = this.#clock();
    if (!query || startedAt < this.#sessionsDueAt) return {};
    const page = this.#port.sessions(query);
    const endedAt = this.#clock();
    this.#sessionsDueAt = endedAt + (endedAt - startedAt) / sessionsTimeShare;
    if (!page.ok) {
      this.#refused = page.error;
      return {};
    }
    const sessions = sessionsDelta(this.#sessions, page.value);
    this.#sessions = page.value;
    return sessions ? { sessions } : {};
  }

  #detailNews(): Partial<LiveUpdate> {
    const index = this.#request.detail;
    if (index === undefined) return {};
    const detail = this.#port.session(index);
    const told = JSON.stringify(detail ?? 'ended');
    if (told === this.#detailTold) return {};
    this.#detailTold = told;
    return detail ? { detail } : { detailEnded: index };
  }

  #eventNews(): Partial<LiveUpdate> {
    const filter = this.#request.events;
    if (!filter) return {};
    const first = this.#lastSeq === undefined;
    const page = this.#port.events({ ...filter, after: this.#lastSeq });
    this.#lastSeq = page.lastSeq;
    // Between the oldest of a full page and what was told before there may be more.
    const isWhole = first || page.items.length >= filter.limit;
    if (isWhole) return { events: page.items, eventClasses: page.classes };
    return page.items.length > 0 ? { events: page.items } : {};
  }

  /** Ages and silences change with every second, so that the view is told whole; it is of 25 members at most. */
  #clusterNews(): Partial<LiveUpdate> {
    if (!this.#request.cluster) return {};
    const { cluster } = this.#port;
    const load = this.#load.since(this.#loadSampledAt);
    this.#loadSampledAt = load.at(-1)?.at ?? this.#loadSampledAt;
    const last = this.#lastChoice;
    const choices = cluster.choices().filter(({ seq }) => last === undefined || seq > last);
    this.#lastChoice = choices[0]?.seq ?? last ?? 0;
    const { findings } = cluster.diagnosis();
    const whole = last === undefined;
    const demo = this.#port.demo?.view();
    return {
      cluster: { view: cluster.view(), findings, whole, choices, load, ...(demo && { demo }) },
    };
  }
}
