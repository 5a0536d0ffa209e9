import { addressFromBytes, type Endpoint, type IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { hostPrefix, type Prefix } from '#base/prefix';
import { type EventDef, type EventRecord, occurred } from '#events/event';
import type { ConfigurationAttribute, KeyingEffect, KeyingNotice, SaId } from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import { configurationAttributes } from '#wire/isakmp/numbers';
import * as events from './events.ts';
import type { Profile } from './profile.ts';
import { connectRequest } from './request.ts';

/** Where a client and its head-end listen; the demo uses ports that need no privilege. */
export type ClientEnds = {
  readonly local: Endpoint;
  readonly localEncapsulated: Endpoint;
  readonly remotePort: number;
  readonly remoteEncapsulatedPort: number;
};

export type ClientOptions = {
  readonly profile: Profile;
  readonly ends: ClientEnds;
  /**
   * Connect again this long after the connection ended; undefined to stay away. Refused credentials are
   * not offered again: more attempts only lock the user out.
   */
  readonly reconnectAfterMs?: number | undefined;
};

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly sa: SaId; readonly address?: IpAddress }
  | {
      readonly kind: 'connected';
      readonly sa: SaId;
      readonly address: IpAddress;
      readonly since: Instant;
      readonly children: number;
      /** The SA under which phase 1 is being negotiated anew. */
      readonly rekeying?: SaId | undefined;
      /** Not before this moment is that tried again. */
      readonly rekeyAfter?: Instant | undefined;
    }
  | { readonly kind: 'ended'; readonly reason: string; readonly retryAt: Instant | undefined };

type Connected = Extract<State, { kind: 'connected' }>;

/** Part of the phase-1 lifetime that is left when it is negotiated anew; vpnc's. */
const REKEY_REST = 0.2;
/** After a failed attempt to negotiate phase 1 anew. */
const REKEY_RETRY_MS = 10_000;

/** The status window (NAT-35). */
export type ClientStatus = {
  readonly state: State['kind'];
  readonly server: IpAddress;
  readonly user: string | undefined;
  readonly address: IpAddress | undefined;
  /** UDP port of the tunnel; 0 where ESP travels without UDP (NAT-72). */
  readonly tunnelPort: number;
  readonly reason: string | undefined;
};

type Effects = readonly KeyingEffect[];

const everything: Prefix = { address: addressFromBytes(new Uint8Array(4)), length: 0 };

/** The VPN client: connects to one head-end, answers for its user, and keeps the tunnel. */
export class Client {
  readonly #keying: Keying;
  readonly #options: ClientOptions;
  #server: IpAddress;
  #state: State = { kind: 'idle' };

  constructor(keying: Keying, options: ClientOptions) {
    this.#keying = keying;
    this.#options = options;
    this.#server = options.profile.host;
  }

  /**
   * Begins to connect, unless that is under way or done; the address, or the reason why not, comes with
   * later notices.
   */
  connect(now: Instant): Effects {
    if (this.sa !== undefined) return [];
    const { profile, ends } = this.#options;
    this.#server = profile.host;
    const request = connectRequest(profile, ends);
    if (!request) {
      this.#state = { kind: 'ended', reason: 'unknown DH group', retryAt: undefined };
      return [say(events.unknownGroup, { number: profile.dhGroup })];
    }
    const { sa, effects } = this.#keying.connect(request, now);
    this.#state = { kind: 'connecting', sa };
    const server = profile.host;
    return [say(events.connectionBegins, {}), say(events.attemptingServer, { server }), ...effects];
  }

  /** Ends the connection and tells the head-end. */
  disconnect(now: Instant): Effects {
    const sas = [this.sa, this.#rekeying];
    const reason = 'disconnected';
    this.#state = { kind: 'ended', reason, retryAt: undefined };
    if (sas[0] === undefined) return [];
    return [
      say(events.connectionEnded, { reason }),
      ...sas.flatMap((sa) =>
        sa === undefined ? [] : this.#keying.close(sa, 'administrator', now),
      ),
    ];
  }

  notice(notice: KeyingNotice, now: Instant): Effects {
    if (notice.sa === this.#rekeying) return this.#rekeyNotice(notice, now);
    if (notice.sa !== this.sa) return [];
    switch (notice.kind) {
      case 'credentialsWanted':
        return this.#answer(notice.sa, now);
      case 'credentialsJudged':
        return [say(notice.accepted ? events.phaseOneEstablished : events.credentialsRefused, {})];
      case 'configurationReceived':
        return this.#configured(notice.sa, notice.attributes, now);
      case 'childCreated':
        return this.#childCreated(notice.sa, now);
      case 'childDeleted':
        return this.#childDeleted(notice.sa, now);
      case 'redirected': {
        const server = this.#server;
        this.#server = notice.target;
        this.#state = { kind: 'connecting', sa: notice.to };
        return [say(events.redirected, { server, target: notice.target })];
      }
      case 'closed': {
        const retry =
          notice.reason === 'authentication failed' ? undefined : this.#options.reconnectAfterMs;
        const retryAt = retry === undefined ? undefined : after(now, retry);
        const rekeying = this.#rekeying;
        this.#state = { kind: 'ended', reason: notice.reason, retryAt };
        return [
          say(events.connectionEnded, { reason: notice.reason }),
          ...(rekeying === undefined ? [] : this.#keying.close(rekeying, notice.reason, now)),
        ];
      }
      // These are told to responders, or need nothing done here.
      case 'phaseOneCompleted':
      case 'admissionWanted':
      case 'credentials':
      case 'configurationRequested':
      case 'initialContact':
      case 'peerMoved':
      case 'rekeyed':
        return [];
    }
  }

  /** What happens to the SA under which phase 1 is negotiated anew; the connection does not depend on it. */
  #rekeyNotice(notice: KeyingNotice, now: Instant): Effects {
    if (this.#state.kind !== 'connected') return [];
    switch (notice.kind) {
      case 'credentialsWanted':
        return this.#answer(notice.sa, now);
      case 'rekeyed':
        this.#state = { ...this.#state, sa: notice.sa, rekeying: undefined };
        // A Quick Mode that was under way ended with the older SA.
        return this.#keying.summary(notice.sa)?.children.length === 0
          ? this.#createChild(notice.sa, this.#state.address, now)
          : [];
      case 'closed': {
        const rekeyAfter = after(now, REKEY_RETRY_MS);
        this.#state = { ...this.#state, rekeying: undefined, rekeyAfter };
        return [];
      }
      default:
        return [];
    }
  }

  deadline(): Instant | undefined {
    const state = this.#state;
    if (state.kind === 'ended') return state.retryAt;
    if (state.kind !== 'connected' || state.rekeying !== undefined) return undefined;
    const summary = this.#keying.summary(state.sa);
    if (summary?.expiresAt === undefined) return undefined;
    const at = after(summary.expiresAt, -summary.lifetimeSeconds * 1000 * REKEY_REST);
    return instant(Math.max(at, state.rekeyAfter ?? at));
  }

  tick(now: Instant): Effects {
    const at = this.deadline();
    if (at === undefined || at > now) return [];
    return this.#state.kind === 'connected' ? this.#rekey(this.#state, now) : this.connect(now);
  }

  /** Negotiates phase 1 anew, in time before it ends and takes the tunnel along. */
  #rekey(state: Connected, now: Instant): Effects {
    const begun = this.#keying.rekey(state.sa, now);
    if (!begun) return [];
    this.#state = { ...state, rekeying: begun.sa };
    return begun.effects;
  }

  get #rekeying(): SaId | undefined {
    return this.#state.kind === 'connected' ? this.#state.rekeying : undefined;
  }

  status(): ClientStatus {
    const state = this.#state;
    const sa = this.sa;
    const child = sa === undefined ? undefined : this.#keying.summary(sa)?.children[0];
    return {
      state: state.kind,
      server: this.#server,
      user: this.#options.profile.username,
      address: state.kind === 'connected' ? state.address : undefined,
      tunnelPort: child?.encapsulation === 'udp' ? this.#options.ends.remoteEncapsulatedPort : 0,
      reason: state.kind === 'ended' ? state.reason : undefined,
    };
  }

  /** The ISAKMP SA that carries the connection, or is to. */
  get sa(): SaId | undefined {
    return 'sa' in this.#state ? this.#state.sa : undefined;
  }

  #answer(sa: SaId, now: Instant): Effects {
    const { username, userPassword } = this.#options.profile;
    if (username === undefined || userPassword === undefined)
      return [
        say(events.noCredentials, {}),
        ...this.#keying.close(sa, 'authentication failed', now),
      ];
    const credentials = { user: username, password: toUtf8(userPassword) };
    return [
      say(events.askedForCredentials, {}),
      say(events.gaveCredentials, {}),
      ...this.#keying.provideCredentials(sa, credentials, now),
    ];
  }

  #configured(sa: SaId, attributes: readonly ConfigurationAttribute[], now: Instant): Effects {
    const value = attributes.find(
      (a) => a.type === configurationAttributes.internalIp4Address,
    )?.value;
    if (!(value instanceof Uint8Array) || value.length !== 4)
      return [say(events.noAddress, {}), ...this.#keying.close(sa, 'no address', now)];
    const address = addressFromBytes(value);
    if (this.#state.kind === 'connecting') this.#state = { kind: 'connecting', sa, address };
    return [
      say(events.configurationReceived, {}),
      say(events.addressAttribute, { address }),
      ...this.#createChild(sa, address, now),
    ];
  }

  #createChild(sa: SaId, address: IpAddress, now: Instant): Effects {
    const selectors = { local: hostPrefix(address), remote: everything };
    return this.#keying.createChild(sa, selectors, now);
  }

  #childCreated(sa: SaId, now: Instant): Effects {
    const state = this.#state;
    if (state.kind === 'connected') {
      this.#state = { ...state, children: state.children + 1 };
      return [say(events.additionalChild, {})];
    }
    if (state.kind !== 'connecting' || state.address === undefined) return [];
    this.#state = { kind: 'connected', sa, address: state.address, since: now, children: 1 };
    return [say(events.secureConnection, {})];
  }

  /** The last pair of IPsec SAs is gone although the connection is not: another one takes its place. */
  #childDeleted(sa: SaId, now: Instant): Effects {
    const state = this.#state;
    if (state.kind !== 'connected') return [];
    const children = state.children - 1;
    this.#state = { ...state, children };
    return children > 0 ? [] : this.#createChild(sa, state.address, now);
  }
}

const say = <T extends string>(
  definition: EventDef<T>,
  args: Parameters<typeof occurred<T>>[1],
): KeyingEffect => ({ kind: 'event', record: occurred(definition, args) as EventRecord });
