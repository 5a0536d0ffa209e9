import { err, ok, type Result } from '#base/result';
import { DH_GROUPS, dhGroupOfNumber } from '#crypto/dh-groups';
import { HASHES, hashOfNumber } from '#crypto/hashes';
import { ISAKMP_CIPHERS, isakmpCipherOf } from '#crypto/isakmp-ciphers';
import { attributeNumber } from '#wire/isakmp/attribute';
import {
  phaseOneAttributes as attribute,
  authenticationMethods,
  doi,
  lifeTypes,
  nameOf,
  protocolIds,
  SITUATION_IDENTITY_ONLY,
  TRANSFORM_KEY_IKE,
} from '#wire/isakmp/numbers';
import type { SecurityAssociation, Transform } from '#wire/isakmp/security-association';
import { LIFETIME_SECONDS_LEAST } from './constants.ts';
import type { IsakmpPolicy, PhaseOneExchange } from './policy.ts';

/** What both ends agreed upon for phase 1. */
export type PhaseOneTerms = {
  readonly policy: IsakmpPolicy;
  /** Whether the method demands XAUTH of the initiator. */
  readonly extendedAuthentication: boolean;
  /** What the initiator proposed; undefined if it proposed none. */
  readonly offeredSeconds: number | undefined;
  /** The shorter of both lifetimes. */
  readonly lifetimeSeconds: number;
};

/** The transform of phase 1 that both ends use. */
export type PhaseOneChoice = PhaseOneTerms & {
  /** As offered, to be returned without a change. */
  readonly transform: Transform;
  readonly proposalNumber: number;
};

/** What a transform says, read once. */
type Offer = {
  readonly transform: Transform;
  readonly proposalNumber: number;
  readonly encryption: string | undefined;
  readonly hash: string | undefined;
  readonly group: string | undefined;
  readonly authentication: number | undefined;
  readonly seconds: number | undefined;
};

/** The attributes of a transform that are numbers, by type; of several of one type the first. */
function numbersOf({ attributes }: Transform): readonly (number | undefined)[] {
  const numbers = new Array<number | undefined>(ATTRIBUTE_TYPES).fill(undefined);
  for (const a of attributes.toReversed())
    if (a.type < ATTRIBUTE_TYPES) numbers[a.type] = attributeNumber(a);
  return numbers;
}

/** One more than the highest type that phase 1 looks at. */
const ATTRIBUTE_TYPES = 1 + Math.max(...Object.values(attribute));

/** A duration must directly follow its life type; the first one in seconds counts. */
function secondsOf({ attributes }: Transform): number | undefined {
  let isSeconds = false;
  for (const a of attributes) {
    if (isSeconds && a.type === attribute.lifeDuration) return attributeNumber(a);
    isSeconds = a.type === attribute.lifeType && attributeNumber(a) === lifeTypes.seconds;
  }
  return undefined;
}

function readOffer(transform: Transform, proposalNumber: number): Offer {
  const numbers = numbersOf(transform);
  const cipherNumber = numbers[attribute.encryptionAlgorithm] ?? 0;
  // A negotiated PRF replaces HMAC, which we do not have.
  const cipher =
    numbers[attribute.prf] === undefined
      ? isakmpCipherOf(cipherNumber, numbers[attribute.keyLength])
      : undefined;
  return {
    transform,
    proposalNumber,
    encryption: cipher?.name,
    hash: hashOfNumber(numbers[attribute.hashAlgorithm] ?? 0)?.name,
    group: dhGroupOfNumber(numbers[attribute.groupDescription] ?? 0)?.name,
    authentication: numbers[attribute.authenticationMethod],
    seconds: secondsOf(transform),
  };
}

/** How events write an offer: `AES256/SHA1/group 2`. */
function offerText({ transform }: Offer): string {
  const numbers = numbersOf(transform);
  const cipherNumber = numbers[attribute.encryptionAlgorithm];
  const keyLength = numbers[attribute.keyLength];
  const hashNumber = numbers[attribute.hashAlgorithm];
  const keyText = keyLength === undefined ? '' : `-${keyLength}`;
  return [
    isakmpCipherOf(cipherNumber ?? 0, keyLength)?.label ?? `encryption ${cipherNumber}${keyText}`,
    hashOfNumber(hashNumber ?? 0)?.label ?? `hash ${hashNumber}`,
    `group ${numbers[attribute.groupDescription]}`,
  ].join('/');
}

const offersOf = (sa: SecurityAssociation): Offer[] =>
  sa.proposals
    .filter((p) => p.protocolId === protocolIds.isakmp)
    .flatMap((p) =>
      p.transforms
        .filter((t) => t.transformId === TRANSFORM_KEY_IKE)
        .map((t) => readOffer(t, p.number)),
    );

const isPreShared = (o: Offer): boolean =>
  o.authentication === authenticationMethods.preSharedKey ||
  o.authentication === authenticationMethods.xauthInitPreShared;

const matches = (o: Offer, p: IsakmpPolicy): boolean =>
  o.encryption === p.encryption && o.hash === p.hash && o.group === p.group;

/** A lifetime that a peer asks for, in seconds, as far as it is kept to; none if it names none or zero. */
export const acceptedSeconds = (seconds: number | undefined): number | undefined =>
  seconds ? Math.max(seconds, LIFETIME_SECONDS_LEAST) : undefined;

function choice(o: Offer, policy: IsakmpPolicy): PhaseOneChoice {
  return {
    policy,
    transform: o.transform,
    proposalNumber: o.proposalNumber,
    extendedAuthentication: o.authentication === authenticationMethods.xauthInitPreShared,
    offeredSeconds: o.seconds,
    lifetimeSeconds: Math.min(
      acceptedSeconds(o.seconds) ?? policy.lifetimeSeconds,
      policy.lifetimeSeconds,
    ),
  };
}

/**
 * The first of our policies, in order of preference, that an offered transform meets. Among its
 * transforms one with XAUTH goes before one without when the group wants that. In aggressive mode the
 * KE payload has fixed the group already; `keOctets` is its length, undefined in main mode. The error
 * names what to change.
 */
export function selectPhaseOne(
  policies: readonly IsakmpPolicy[],
  sa: SecurityAssociation,
  keOctets: number | undefined,
  extendedAuthentication: boolean,
): Result<PhaseOneChoice, string> {
  const offers = offersOf(sa);
  for (const policy of policies) {
    if (keOctets !== undefined && DH_GROUPS[policy.group].publicOctets !== keOctets) continue;
    const found = offers.filter((o) => isPreShared(o) && matches(o, policy));
    const preferred = extendedAuthentication
      ? authenticationMethods.xauthInitPreShared
      : authenticationMethods.preSharedKey;
    const best = found.find((o) => o.authentication === preferred) ?? found[0];
    if (best) return ok(choice(best, policy));
  }
  return err(explainRefusal(policies, offers, keOctets));
}

const policyText = (p: IsakmpPolicy): string =>
  `${ISAKMP_CIPHERS[p.encryption].label}/${HASHES[p.hash].label}/group ${DH_GROUPS[p.group].number}`;

/** The commands that would make `policy` meet `offer`; undefined when none would. */
function commandsFor(policy: IsakmpPolicy, offer: Offer): string[] | undefined {
  const cipher = Object.values(ISAKMP_CIPHERS).find((c) => c.name === offer.encryption);
  const hash = Object.values(HASHES).find((h) => h.name === offer.hash);
  const group = Object.values(DH_GROUPS).find((g) => g.name === offer.group);
  if (!cipher || !hash || !group) return undefined;
  const commands: string[] = [];
  const add = (wanted: boolean, command: string, legacy: boolean, item: string) => {
    if (!wanted) return;
    commands.push(`\`${command}\``);
    if (legacy) commands.push(`\`legacy-crypto permit ${item}\``);
  };
  add(
    cipher.name !== policy.encryption,
    `encryption ${cipher.word}`,
    cipher.legacy,
    `encryption ${cipher.word}`,
  );
  add(hash.name !== policy.hash, `hash ${hash.word}`, hash.legacy, `hash ${hash.word}`);
  const { number } = group;
  add(group.name !== policy.group, `group ${number}`, group.legacy, `dh-group ${number}`);
  return commands;
}

/** Why nothing was acceptable, and the shortest change of the configuration that would help. */
function explainRefusal(
  policies: readonly IsakmpPolicy[],
  offers: readonly Offer[],
  keOctets: number | undefined,
): string {
  const [first] = offers;
  if (!first) return 'no acceptable phase-1 transform: the peer offers none for ISAKMP';
  const more = offers.length > 1 ? ` and ${offers.length - 1} more` : '';
  const offered = `no acceptable phase-1 transform: peer offers ${offerText(first)}${more}`;
  if (policies.length === 0)
    return `${offered}; no policy is in force: add \`crypto ikev1 policy 10\`, or allow aggressive mode`;
  const usable = offers.filter(isPreShared);
  if (usable.length === 0) {
    const method = nameOf(authenticationMethods, first.authentication ?? 0);
    return `${offered}; authentication ${method} instead of a pre-shared key`;
  }
  const keyless = usable.find((o) => policies.some((p) => matches(o, p)));
  if (keyless) return `${offered}; its KE payload of ${keOctets} octets is not of that group`;
  let shortest: { readonly policy: IsakmpPolicy; readonly commands: readonly string[] } | undefined;
  for (const policy of policies)
    for (const offer of usable) {
      const commands = commandsFor(policy, offer);
      if (commands && commands.length < (shortest?.commands.length ?? 99))
        shortest = { policy, commands };
    }
  if (!shortest) return `${offered}; none of it is implemented`;
  const wanted = `policy ${shortest.policy.priority} wants ${policyText(shortest.policy)}`;
  return `${offered}; ${wanted}: add ${shortest.commands.join(' and ')}`;
}

/** The SA payload of the answer: one proposal with the chosen transform, unchanged. */
export const phaseOneAnswer = (c: PhaseOneChoice): SecurityAssociation =>
  securityAssociation(c.proposalNumber, [c.transform]);

const securityAssociation = (
  number: number,
  transforms: readonly Transform[],
): SecurityAssociation => ({
  type: 'sa',
  doi: doi.ipsec,
  situation: SITUATION_IDENTITY_ONLY,
  proposals: [{ number, protocolId: protocolIds.isakmp, spi: new Uint8Array(0), transforms }],
});

/**
 * The policies that an initiator offers: all of them in main mode, in aggressive mode those with the
 * group of the first one, since it sends the public value along. RFC 2409 section 5.4.
 */
const offeredPolicies = (
  policies: readonly IsakmpPolicy[],
  exchange: PhaseOneExchange,
): readonly IsakmpPolicy[] =>
  exchange === 'main' ? policies : policies.filter((p) => p.group === policies[0]?.group);

/** What an initiator offers. */
export function phaseOneOffer(
  policies: readonly IsakmpPolicy[],
  extendedAuthentication: boolean,
  exchange: PhaseOneExchange,
): SecurityAssociation {
  const method = extendedAuthentication
    ? authenticationMethods.xauthInitPreShared
    : authenticationMethods.preSharedKey;
  const transforms = offeredPolicies(policies, exchange).map((p, index): Transform => {
    const cipher = ISAKMP_CIPHERS[p.encryption];
    const keyLength =
      cipher.keyLengthBits === undefined
        ? []
        : [{ type: attribute.keyLength, value: cipher.keyLengthBits }];
    return {
      number: index + 1,
      transformId: TRANSFORM_KEY_IKE,
      attributes: [
        ...keyLength,
        { type: attribute.encryptionAlgorithm, value: cipher.isakmpNumber },
        { type: attribute.hashAlgorithm, value: HASHES[p.hash].isakmpNumber },
        { type: attribute.groupDescription, value: DH_GROUPS[p.group].number },
        { type: attribute.authenticationMethod, value: method },
        { type: attribute.lifeType, value: lifeTypes.seconds },
        { type: attribute.lifeDuration, value: duration(p.lifetimeSeconds) },
      ],
    };
  });
  return securityAssociation(1, transforms);
}

/** A lifetime in the variable form, four octets, which every peer reads. */
export const duration = (value: number): Uint8Array =>
  new Uint8Array([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);

/** Initiator: which of our policies the responder chose; `keOctets` as for `selectPhaseOne`. */
export function phaseOneChosen(
  policies: readonly IsakmpPolicy[],
  answer: SecurityAssociation,
  keOctets: number | undefined,
  exchange: PhaseOneExchange,
): Result<PhaseOneChoice, string> {
  const offers = offersOf(answer);
  const [only] = offers;
  if (!only || offers.length !== 1) return err(`${offers.length} transforms instead of one`);
  const policy = offeredPolicies(policies, exchange).find((p) => matches(only, p));
  if (!policy || !isPreShared(only)) return err(`${offerText(only)} was not offered`);
  if (keOctets !== undefined && DH_GROUPS[policy.group].publicOctets !== keOctets)
    return err(`a public value of ${keOctets} octets is not of ${offerText(only)}`);
  return ok(choice(only, policy));
}
