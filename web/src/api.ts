import type {
  BalancingChange,
  BalancingForm,
  BalancingVerdict,
  ClusterSessionPage,
  ClusterView,
  DrainRequest,
} from '#views/cluster-views';
import type { EventPage, SessionKind, SessionQuery } from '#views/views';

/** Who is logged in. */
export type Me = { readonly name: string; readonly mayChange: boolean; readonly prompt: string };

/** What a command made happen, and the prompt after it. */
export type CommandReply = {
  readonly text: string;
  readonly failed: boolean;
  readonly prompt: string;
};

/** What Tab makes of a line, and the words that fit when there are several. */
export type Completion = { readonly text: string; readonly candidates: readonly string[] };

/** An answer that is not what was asked for; the message is for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(status: number, message: string, retryAfterSeconds = 0) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Events before `seq`, as the filter of the page has them. */
export type OlderEvents = {
  readonly before: number;
  readonly classes?: readonly string[] | undefined;
  readonly severityFrom?: number | undefined;
  readonly severityTo?: number | undefined;
  readonly text?: string | undefined;
};

/** The JSON API, with the CSRF token of this login. */
export class Api {
  #csrfToken = '';

  /** Who is logged in by this browser; undefined for nobody, which is no error. */
  async me(): Promise<Me | undefined> {
    const { login } = await this.#call<{ login?: Me & { csrfToken: string } }>('GET', '/login');
    return login && this.#keepToken(login);
  }

  async login(user: string, password: string): Promise<Me> {
    return this.#keepToken(await this.#call('POST', '/login', { user, password }));
  }

  async logout(): Promise<void> {
    await this.#call('POST', '/logout');
  }

  async logoffSession(index: number): Promise<void> {
    await this.#call('DELETE', `/sessions/${index}`);
  }

  async logoffAll(kind: SessionKind, group: string | undefined): Promise<number> {
    const query = new URLSearchParams({ kind, ...(group !== undefined && { group }) });
    const answer = await this.#call<{ loggedOff: number }>('DELETE', `/sessions?${query}`);
    return answer.loggedOff;
  }

  async drain(request: DrainRequest): Promise<void> {
    await this.#call('POST', '/cluster/drain', request);
  }

  async endDrain(): Promise<void> {
    await this.#call('DELETE', '/cluster/drain');
  }

  cluster(): Promise<ClusterView> {
    return this.#call('GET', '/cluster');
  }

  /** A page of the sessions of all members; it takes as long as the slowest of them. */
  clusterSessions(query: SessionQuery, signal: AbortSignal): Promise<ClusterSessionPage> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const parameters = given.map(([name, value]) => [name, String(value)]);
    return this.#call(
      'GET',
      `/cluster/sessions?${new URLSearchParams(parameters)}`,
      undefined,
      signal,
    );
  }

  balancing(): Promise<BalancingForm> {
    return this.#call('GET', '/cluster/configuration');
  }

  checkBalancing(change: BalancingChange): Promise<BalancingVerdict> {
    return this.#call('POST', '/cluster/configuration/check', change);
  }

  applyBalancing(change: BalancingChange): Promise<BalancingVerdict> {
    return this.#call('PUT', '/cluster/configuration', change);
  }

  /** Of a demo alone: takes a member away, or brings it back. */
  async accident(member: string, what: 'crash' | 'start'): Promise<void> {
    await this.#call('POST', '/demo/accidents', { member, what });
  }

  async olderEvents({ classes, ...rest }: OlderEvents): Promise<EventPage> {
    const query = new URLSearchParams({ limit: '100' });
    if (classes) query.set('class', classes.join(','));
    for (const [name, value] of Object.entries(rest))
      if (value !== undefined && value !== '') query.set(name, String(value));
    return this.#call('GET', `/events?${query}`);
  }

  /** Carries out a command; aborting the signal aborts it. */
  execute(line: string, signal: AbortSignal): Promise<CommandReply> {
    return this.#call('POST', '/command-line', { line }, signal);
  }

  help(line: string): Promise<{ readonly text: string }> {
    return this.#call('GET', `/command-line/help?${new URLSearchParams({ line })}`);
  }

  complete(line: string): Promise<Completion> {
    return this.#call('GET', `/command-line/completion?${new URLSearchParams({ line })}`);
  }

  #keepToken({ csrfToken, ...me }: Me & { readonly csrfToken: string }): Me {
    this.#csrfToken = csrfToken;
    return me;
  }

  async #call<T>(
    method: string,
    path: string,
    body?: unknown,
    signal: AbortSignal | null = null,
  ): Promise<T> {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      signal,
      headers: {
        ...(method !== 'GET' && { 'x-csrf-token': this.#csrfToken }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => {
      if (signal?.aborted) throw new ApiError(0, 'Aborted.');
      throw new ApiError(0, 'The head-end does not answer. Check that it runs and can be reached.');
    });
    if (answer.status === 204) return undefined as T;
    if (answer.ok) return (await answer.json()) as T;
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new ApiError(
      answer.status,
      problem.detail ?? `The head-end answered with status ${answer.status}.`,
      Number(answer.headers.get('retry-after') ?? 0),
    );
  }
}
