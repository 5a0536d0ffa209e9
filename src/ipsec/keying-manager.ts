import type { Endpoint } from '#base/address';
import { earliest, type Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { HalfOpenPace } from './half-open.ts';
import type {
  Admission,
  ChildSelectors,
  CloseReason,
  ConfigurationAttribute,
  ConnectRequest,
  IsakmpSaSummary,
  KeyingAnswer,
  KeyingCounts,
  KeyingEffect,
  SaId,
} from './keying.ts';
import type { Keying, WhichSas } from './keying-commands.ts';
import { KeyingLog } from './keying-log.ts';
import { observed } from './packet-path-reports.ts';
import { Reception } from './reception.ts';
import { type KeyingManagerOptions, SaStepper } from './sa-stepper.ts';
import { saSummary } from './summary.ts';

export type { KeyingManagerOptions } from './sa-stepper.ts';

/**
 * All ISAKMP SAs of this device: finds the one a datagram, an answer or a command is for, steps it,
 * and turns its effects into those of the device. Costs do not depend on the number of SAs.
 */
export class KeyingManager implements Keying {
  readonly #stepper: SaStepper;
  readonly #reception: Reception;

  constructor(options: KeyingManagerOptions) {
    this.#stepper = new SaStepper(options, new KeyingLog(options.wants));
    this.#reception = new Reception(this.#stepper);
  }

  datagram(
    local: Endpoint,
    remote: Endpoint,
    octets: Uint8Array,
    encapsulated: boolean,
    now: Instant,
    isRepeated = false,
  ): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    this.#reception.receive({ local, remote, encapsulated }, octets, now, out, isRepeated);
    return out;
  }

  answer(id: number, answer: KeyingAnswer, now: Instant): readonly KeyingEffect[] {
    const { questions, sas } = this.#stepper;
    const question = questions.take(id);
    const entry = question && sas.get(question.sa);
    if (entry) questions.answered(entry, id);
    const out: KeyingEffect[] = [];
    if (entry) {
      const { ticket } = question;
      this.#stepper.step(entry, { kind: 'answer', ticket, answer }, now, out);
    }
    return out;
  }

  tick(now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    this.#stepper.redirected.forgetDue(now);
    for (const entry of this.#stepper.sas.takeDue(now))
      this.#stepper.step(entry, { kind: 'tick' }, now, out);
    return out;
  }

  deadline(): Instant | undefined {
    const { sas, redirected } = this.#stepper;
    return earliest(sas.earliest(), redirected.deadline());
  }

  report(report: DataPlaneReport, now: Instant): readonly KeyingEffect[] {
    if (report.kind === 'datagram') {
      const { local, remote, bytes, encapsulated, begins } = report;
      return this.datagram(local, remote, bytes, encapsulated, now, begins === 'again');
    }
    const out: KeyingEffect[] = [];
    observed(this.#stepper, report, now, out);
    return out;
  }

  admit(sa: SaId, admission: Admission, now: Instant): readonly KeyingEffect[] {
    return this.#stepper.command(sa, { kind: 'admission', admission }, now);
  }

  extendedAuthenticationResult(sa: SaId, accepted: boolean, now: Instant): readonly KeyingEffect[] {
    return this.#stepper.command(sa, { kind: 'credentialsJudged', accepted }, now);
  }

  configurationReply(
    sa: SaId,
    attributes: readonly ConfigurationAttribute[],
    grant: { readonly assigned: readonly Prefix[] },
    now: Instant,
  ): readonly KeyingEffect[] {
    const { assigned } = grant;
    return this.#stepper.command(sa, { kind: 'configurationReply', attributes, assigned }, now);
  }

  connect(
    request: ConnectRequest,
    now: Instant,
  ): { readonly sa: SaId; readonly effects: readonly KeyingEffect[] } {
    const out: KeyingEffect[] = [];
    return { sa: this.#stepper.begin(request, 0, now, out), effects: out };
  }

  rekey(
    sa: SaId,
    now: Instant,
  ): { readonly sa: SaId; readonly effects: readonly KeyingEffect[] } | undefined {
    const { state, request } = this.#stepper.sas.get(sa) ?? {};
    if (state?.phase !== 'established' || !request) return undefined;
    const out: KeyingEffect[] = [];
    const anew = { ...request, configuration: [], initialContact: false };
    return { sa: this.#stepper.begin(anew, 0, now, out, sa), effects: out };
  }

  provideCredentials(
    sa: SaId,
    credentials: { readonly user: string; readonly password: Uint8Array },
    now: Instant,
  ): readonly KeyingEffect[] {
    return this.#stepper.command(sa, { kind: 'credentials', ...credentials }, now);
  }

  createChild(sa: SaId, selectors: ChildSelectors, now: Instant): readonly KeyingEffect[] {
    return this.#stepper.command(sa, { kind: 'createChild', selectors }, now);
  }

  close(sa: SaId, reason: CloseReason, now: Instant): readonly KeyingEffect[] {
    return this.#stepper.command(sa, { kind: 'close', reason }, now);
  }

  closeAll(reason: CloseReason, now: Instant): readonly KeyingEffect[] {
    const out: KeyingEffect[] = [];
    for (const { id } of [...this.#stepper.sas.all()])
      this.#stepper.command(id, { kind: 'close', reason }, now, out);
    return out;
  }

  *summaries({ after = 0 as SaId, remote }: WhichSas = {}): Generator<IsakmpSaSummary> {
    for (const { id, state } of this.#stepper.sas.all()) {
      const isWanted = remote === undefined || state.path.remote.address === remote;
      if (id > after && isWanted) yield saSummary(id, state);
    }
  }

  counts(): KeyingCounts {
    const { associations, sas } = this.#stepper;
    const halfOpen = sas.halfOpen.size;
    const isakmpSas = sas.size - halfOpen;
    return { halfOpen, isakmpSas, ipsecSas: associations.size };
  }

  /** How strangers in the middle of phase 1 are likely to go on; undefined when there are none. */
  get halfOpenPace(): HalfOpenPace | undefined {
    return this.#stepper.sas.halfOpen.pace;
  }

  summary(sa: SaId): IsakmpSaSummary | undefined {
    const entry = this.#stepper.sas.get(sa);
    return entry && saSummary(sa, entry.state);
  }
}
