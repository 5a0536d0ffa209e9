import type { IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { Configuration } from '#config/configuration';
import { systemSlice } from '#config/system';
import {
  type ClusterKey,
  clusterId,
  clusterKey,
  type EncryptionKeys,
  encryptionKeys,
  SenderKeys,
  stretching,
} from '#protocol/vcl/keys';
import { loadBalancingOf } from './config.ts';
import { deafness } from './filters.ts';
import { clusterAddresses, endsOf, namesOf, type Resolved, strayAddress } from './policy.ts';
import type { ClusterQuestion } from './port.ts';

/** Number of the key in force; 0 is a cluster without one. */
const KEY_ID = 1;

/** What is to be asked next before a member can begin, or why it cannot. */
export type NextNeed =
  | { readonly kind: 'ask'; readonly question: ClusterQuestion }
  | { readonly kind: 'missing'; readonly reason: string };

/** What must be there before a member speaks: addresses of names, the stretched key, a new life. */
export class Preparation {
  readonly #configuration: () => Configuration;
  #keys = new SenderKeys([]);
  #clusterKey: ClusterKey | undefined;
  /** The cluster and the word of its key that the keys were made of. */
  #keyText = '';

  constructor(configuration: () => Configuration) {
    this.#configuration = configuration;
  }

  get keys(): SenderKeys {
    return this.#keys;
  }

  /** Which key members send with; 0 for none. */
  get sendKeyId(): number {
    return this.#keys.authenticates ? KEY_ID : 0;
  }

  /** What encryption starts from; undefined without a cluster key. */
  get encryptionKeys(): EncryptionKeys | undefined {
    return this.#clusterKey && encryptionKeys(this.#clusterKey);
  }

  /** The cluster key was stretched. */
  stretched(octets: Uint8Array): void {
    this.#clusterKey = clusterKey(KEY_ID, octets);
    this.#keys = new SenderKeys([this.#clusterKey]);
  }

  /** Names of the configuration that have no address yet. */
  unresolved(resolved: Resolved): readonly string[] {
    return namesOf(loadBalancingOf(this.#configuration())).filter((n) => !resolved.has(n));
  }

  /** The next thing that is missing; a new life is the last. */
  next(resolved: Resolved): NextNeed {
    const b = loadBalancingOf(this.#configuration());
    const deaf = deafness(this.#configuration());
    if (deaf !== undefined) return missing(deaf);
    const [name] = this.unresolved(resolved);
    if (name !== undefined) return ask({ kind: 'resolveName', name, servers: this.#servers() });
    const addresses = clusterAddresses(b, resolved);
    if (!endsOf(this.#configuration(), resolved) || addresses.length === 0)
      return missing('the cluster or the private interface has no address');
    const stray = strayAddress(this.#configuration(), addresses);
    if (stray !== undefined)
      return missing(
        `${stray} is no free address of the network of interface "${b.publicInterface}"`,
      );
    if (b.encryption && !b.key)
      return missing('encryption between members starts from a cluster key');
    if (!b.key) {
      this.#clusterKey = undefined;
      this.#keys = new SenderKeys([]);
      this.#keyText = '';
      return ask({ kind: 'newLife' });
    }
    const cluster = clusterId(addresses, b.port);
    const keyText = `${cluster}|${b.key.reveal()}`;
    if (this.#keys.authenticates && this.#keyText === keyText) return ask({ kind: 'newLife' });
    this.#keyText = keyText;
    this.#keys = new SenderKeys([]);
    return ask({ kind: 'stretchKey', secret: toUtf8(b.key.reveal()), ...stretching(cluster) });
  }

  #servers(): readonly IpAddress[] {
    return systemSlice.of(this.#configuration()).nameServers;
  }
}

const ask = (question: ClusterQuestion): NextNeed => ({ kind: 'ask', question });
const missing = (reason: string): NextNeed => ({ kind: 'missing', reason });
