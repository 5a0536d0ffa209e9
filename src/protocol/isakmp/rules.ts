import { err, ok, type Result } from '#base/result';
import type { PayloadAt } from '#wire/isakmp/message';
import type { Payload } from '#wire/isakmp/payload';

/** Least and greatest number of payloads of one type. */
type Count = readonly [least: number, most: number];

/** What a message of an exchange must look like before anybody reads it. */
export type Rule = {
  /** The message in the words of RFC 2409, for events. */
  readonly name: string;
  readonly encryption: 'never' | 'always' | 'either';
  /** Types in the order in which they must begin the message. */
  readonly begins: readonly Payload['type'][];
  readonly payloads: Partial<Record<Payload['type'], Count>>;
};

const one: Count = [1, 1];
const maybe: Count = [0, 1];
const few: Count = [0, 8];
const many: Count = [0, 32];

/**
 * RFC 2409 sections 5 and 5.4, RFC 3947 section 3.2. SA comes first in phase 1 and HASH wherever phase 2
 * protects a message; other payloads have no order, and libreswan has NAT-D before HASH in message 3.
 */
export const rules = {
  aggressive1: {
    name: 'aggressive mode message 1',
    encryption: 'never',
    begins: ['sa'],
    payloads: { sa: one, ke: one, nonce: one, id: one, vid: many, notify: few },
  },
  aggressive2: {
    name: 'aggressive mode message 2',
    encryption: 'never',
    begins: [],
    payloads: {
      sa: one,
      ke: one,
      nonce: one,
      id: one,
      hash: one,
      vid: many,
      'nat-d': few,
      notify: few,
    },
  },
  aggressive3: {
    name: 'aggressive mode message 3',
    encryption: 'either',
    begins: [],
    payloads: { hash: one, vid: many, 'nat-d': few, notify: few },
  },
  main1: {
    name: 'main mode message 1',
    encryption: 'never',
    begins: ['sa'],
    payloads: { sa: one, vid: many, notify: few },
  },
  main2: {
    name: 'main mode message 2',
    encryption: 'never',
    begins: ['sa'],
    payloads: { sa: one, vid: many, notify: few },
  },
  main3: {
    name: 'main mode message 3',
    encryption: 'never',
    begins: [],
    payloads: { ke: one, nonce: one, vid: many, 'nat-d': few, notify: few },
  },
  main4: {
    name: 'main mode message 4',
    encryption: 'never',
    begins: [],
    payloads: { ke: one, nonce: one, vid: many, 'nat-d': few, notify: few },
  },
  main5: {
    name: 'main mode message 5',
    encryption: 'always',
    begins: [],
    payloads: { id: one, hash: one, vid: many, notify: few },
  },
  main6: {
    name: 'main mode message 6',
    encryption: 'always',
    begins: [],
    payloads: { id: one, hash: one, vid: many, notify: few },
  },
  quick1: {
    name: 'quick mode message 1',
    encryption: 'always',
    begins: ['hash', 'sa'],
    payloads: { hash: one, sa: one, nonce: one, ke: maybe, id: [0, 2], 'nat-oa': few, notify: few },
  },
  quick2: {
    name: 'quick mode message 2',
    encryption: 'always',
    begins: ['hash', 'sa'],
    payloads: { hash: one, sa: one, nonce: one, ke: maybe, id: [0, 2], 'nat-oa': few, notify: few },
  },
  quick3: {
    name: 'quick mode message 3',
    encryption: 'always',
    begins: ['hash'],
    payloads: { hash: one, notify: few },
  },
  transaction: {
    name: 'transaction message',
    encryption: 'always',
    begins: ['hash', 'attributes'],
    payloads: { hash: one, attributes: one },
  },
  informational: {
    name: 'informational message',
    encryption: 'always',
    begins: ['hash'],
    payloads: { hash: one, notify: few, delete: few, vid: few },
  },
} as const satisfies Record<string, Rule>;

/** Checks number, order and encryption of the payloads; the error is a phrase that says what is wrong. */
export function checkRule(
  rule: Rule,
  payloads: readonly PayloadAt[],
  encrypted: boolean,
): Result<void, string> {
  if (rule.encryption === 'always' && !encrypted) return err(`${rule.name} is not encrypted`);
  if (rule.encryption === 'never' && encrypted) return err(`${rule.name} is encrypted`);
  for (const [index, type] of rule.begins.entries())
    if (payloads[index]?.type !== type)
      return err(`payload ${index + 1} of ${rule.name} is not ${type.toUpperCase()}`);
  for (const type of Object.keys(rule.payloads) as Payload['type'][]) {
    const [least, most] = rule.payloads[type] as Count;
    const count = countOf(payloads, type);
    if (count < least) return err(`${rule.name} lacks ${type.toUpperCase()}`);
    if (count > most)
      return err(`${rule.name} has ${count} payloads of type ${type.toUpperCase()}`);
  }
  // Payloads of unknown types and certificate requests are skipped; a peer may offer more than we use.
  for (const { type } of payloads)
    if (rule.payloads[type] === undefined && type !== 'unknown' && type !== 'certreq')
      return err(`${rule.name} must not have ${type.toUpperCase()}`);
  return ok(undefined);
}

/** Without a table of counts: a message has few payloads, and a rule few types. */
function countOf(payloads: readonly Payload[], type: Payload['type']): number {
  let count = 0;
  for (const payload of payloads) if (payload.type === type) count += 1;
  return count;
}

type OfType<T extends Payload['type']> = Extract<PayloadAt, { type: T }>;

/** The payloads of a type, in order. */
export const allOf = <T extends Payload['type']>(
  payloads: readonly PayloadAt[],
  type: T,
): readonly OfType<T>[] => payloads.filter((p): p is OfType<T> => p.type === type);

/** The first payload of a type. */
export const firstOf = <T extends Payload['type']>(
  payloads: readonly PayloadAt[],
  type: T,
): OfType<T> | undefined => payloads.find((p): p is OfType<T> => p.type === type);

/** The payload of a type that the rule demands exactly once; call it only after `checkRule`. */
export function only<T extends Payload['type']>(
  payloads: readonly PayloadAt[],
  type: T,
): OfType<T> {
  const found = firstOf(payloads, type);
  if (!found) throw new RangeError(`no ${type} payload in a message whose rule demands one`);
  return found;
}

/** The body of a payload: its octets without the generic header, the `_b` of RFC 2409. */
export const bodyOf = (payload: PayloadAt): Uint8Array => payload.raw.subarray(4);
