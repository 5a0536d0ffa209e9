import { err, ok, type Result } from '#base/result';
import { DH_GROUPS, type DhGroup, type DhGroupName, dhGroupOfNumber } from '#crypto/dh-groups';
import { ESP_SUITES, type EspSuite, type EspSuiteName, espSuiteOf } from '#crypto/esp-suites';
import { uint32 } from '#crypto/keymat';
import { attributeNumber } from '#wire/isakmp/attribute';
import {
  phaseTwoAttributes as attribute,
  doi,
  espTransforms,
  lifeTypes,
  nameOf,
  protocolIds,
  SITUATION_IDENTITY_ONLY,
} from '#wire/isakmp/numbers';
import type { Proposal, SecurityAssociation, Transform } from '#wire/isakmp/security-association';
import { SPI_RESERVED_MOST } from './constants.ts';
import { encapsulationMode, type NatTraversal } from './nat-detection.ts';
import { acceptedSeconds, duration } from './phase-one-proposals.ts';
import type { IpsecPolicy } from './policy.ts';

/** The transform of a Quick Mode that both ends use. */
export type PhaseTwoChoice = {
  readonly suite: EspSuite;
  readonly encapsulation: 'udp' | 'none';
  readonly group: DhGroup | undefined;
  /** As offered, to be returned without a change. */
  readonly transform: Transform;
  readonly proposalNumber: number;
  readonly peerSpi: number;
  readonly offeredSeconds: number | undefined;
  readonly offeredKilobytes: number | undefined;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
};

/** What the choice depends on besides the policy. */
export type PhaseTwoTerms = {
  readonly ipsec: IpsecPolicy;
  readonly natTraversal: NatTraversal | undefined;
  /** Octets of the KE payload; undefined without one. */
  readonly keOctets: number | undefined;
  /** Groups for perfect forward secrecy that a peer may ask for by itself. */
  readonly allowedGroups: ReadonlySet<DhGroupName>;
};

type Lifetimes = { readonly seconds: number | undefined; readonly kilobytes: number | undefined };

const numberOf = (t: Transform, type: number): number | undefined => {
  const found = t.attributes.find((a) => a.type === type);
  return found && attributeNumber(found);
};

function lifetimesOf(t: Transform): Lifetimes {
  const of = (lifeType: number): number | undefined => {
    const index = t.attributes.findIndex(
      (a) => a.type === attribute.saLifeType && attributeNumber(a) === lifeType,
    );
    const next = index < 0 ? undefined : t.attributes[index + 1];
    return next?.type === attribute.saLifeDuration ? attributeNumber(next) : undefined;
  };
  return { seconds: of(lifeTypes.seconds), kilobytes: of(lifeTypes.kilobytes) };
}

const suiteOf = (t: Transform): EspSuite | undefined =>
  espSuiteOf(
    t.transformId,
    numberOf(t, attribute.keyLength),
    numberOf(t, attribute.authenticationAlgorithm),
  );

/** How events write a transform: `AES128/SHA1`. */
function transformText(t: Transform): string {
  const suite = suiteOf(t);
  if (suite) return `${suite.encryptionLabel}/${suite.integrityLabel}`;
  const keyLength = numberOf(t, attribute.keyLength);
  const authentication = numberOf(t, attribute.authenticationAlgorithm);
  return [
    nameOf(espTransforms, t.transformId) + (keyLength === undefined ? '' : `-${keyLength}`),
    `authentication ${authentication ?? 'none'}`,
  ].join('/');
}

/** Proposals that stand alone: those of equal number are to be applied together (AH and ESP). */
const espProposals = (sa: SecurityAssociation): readonly Proposal[] =>
  sa.proposals.filter(
    (p) =>
      p.protocolId === protocolIds.esp &&
      sa.proposals.filter((other) => other.number === p.number).length === 1,
  );

function spiOf(p: Proposal): number | undefined {
  if (p.spi.length !== 4) return undefined;
  const spi = new DataView(p.spi.buffer, p.spi.byteOffset, 4).getUint32(0);
  return spi > SPI_RESERVED_MOST ? spi : undefined;
}

/** Whether ESP is to travel in UDP; undefined for a mode that the policy or the way does not allow. */
function encapsulationOf(
  t: Transform,
  ipsec: IpsecPolicy,
  natTraversal: NatTraversal | undefined,
): 'udp' | 'none' | undefined {
  const mode = numberOf(t, attribute.encapsulationMode);
  if (mode === encapsulationMode(ipsec.mode, 'none', undefined)) return 'none';
  if (natTraversal && mode === encapsulationMode(ipsec.mode, 'udp', natTraversal.version))
    return 'udp';
  return undefined;
}

/** Why a proposal without a group is refused, with the lines that decide it. */
const withoutForwardSecrecy = (group: number): string =>
  `no group, but "set pfs group${group}" demands one: "no crypto dynamic-map NAME N set pfs" does without, ` +
  'and "pfs enable" in the group policy has clients such as vpnc offer one';

/** The group of a transform: agreeing with the KE payload, the policy and what is allowed. */
function groupOf(t: Transform, terms: PhaseTwoTerms): Result<DhGroup | undefined, string> {
  const number = numberOf(t, attribute.groupDescription);
  const { pfs } = terms.ipsec;
  if (number === undefined) {
    if (terms.keOctets !== undefined) return err('a KE payload, but no group');
    return pfs ? err(withoutForwardSecrecy(DH_GROUPS[pfs].number)) : ok(undefined);
  }
  const group = dhGroupOfNumber(number);
  if (!group) return err(`group ${number} is not implemented`);
  if (pfs ? group.name !== pfs : !terms.allowedGroups.has(group.name))
    return err(`group ${number} is not permitted for PFS`);
  if (terms.keOctets !== group.publicOctets)
    return err(`a public value of ${terms.keOctets ?? 0} octets is not of group ${number}`);
  return ok(group);
}

function judge(t: Transform, p: Proposal, terms: PhaseTwoTerms): Result<PhaseTwoChoice, string> {
  const suite = suiteOf(t);
  const peerSpi = spiOf(p);
  if (!suite || peerSpi === undefined) return err('');
  if (numberOf(t, attribute.extendedSequenceNumber)) return err('extended sequence numbers');
  const encapsulation = encapsulationOf(t, terms.ipsec, terms.natTraversal);
  if (!encapsulation)
    return err(`encapsulation mode ${numberOf(t, attribute.encapsulationMode) ?? 'missing'}`);
  const group = groupOf(t, terms);
  if (!group.ok) return group;
  const { seconds, kilobytes } = lifetimesOf(t);
  const { lifetimeSeconds, lifetimeKilobytes } = terms.ipsec;
  return ok({
    suite,
    encapsulation,
    group: group.value,
    transform: t,
    proposalNumber: p.number,
    peerSpi,
    offeredSeconds: seconds,
    offeredKilobytes: kilobytes,
    lifetimeSeconds: Math.min(acceptedSeconds(seconds) ?? lifetimeSeconds, lifetimeSeconds),
    // A peer that offers no kilobytes at all means that it does not count them.
    lifetimeKilobytes: Math.min(kilobytes || lifetimeKilobytes, lifetimeKilobytes),
  });
}

/**
 * The first suite of the policy, in order of preference, that an offered transform meets. The error
 * names what to change.
 */
export function selectPhaseTwo(
  sa: SecurityAssociation,
  terms: PhaseTwoTerms,
): Result<PhaseTwoChoice, string> {
  const offered = espProposals(sa).flatMap((p) => p.transforms.map((t) => ({ t, p })));
  let reason = '';
  for (const name of terms.ipsec.suites)
    for (const { t, p } of offered) {
      if (suiteOf(t)?.name !== name) continue;
      const judged = judge(t, p, terms);
      if (judged.ok) return judged;
      reason ||= judged.error;
    }
  const texts = [...new Set(offered.map(({ t }) => transformText(t)))];
  const list = texts.length === 0 ? 'no ESP alone' : texts.slice(0, 3).join(', ');
  const more = texts.length > 3 ? ` and ${texts.length - 3} more` : '';
  const refusal = `no acceptable phase-2 transform: peer offers ${list}${more}`;
  if (reason) return err(`${refusal}; ${reason}`);
  return err(
    `${refusal}; ${remedy(
      offered.map(({ t }) => t),
      terms.ipsec,
    )}`,
  );
}

function remedy(offered: readonly Transform[], ipsec: IpsecPolicy): string {
  const ours = ipsec.suites.map((name) => {
    const suite = ESP_SUITES[name];
    return `${suite.encryptionLabel}/${suite.integrityLabel}`;
  });
  const wanted = `the transform sets allow ${ours.join(', ') || 'nothing'}`;
  const suites = offered.map(suiteOf).filter((s) => s !== undefined);
  const best = suites.find((s) => !s.legacy) ?? suites[0];
  if (!best) return wanted;
  const fence = best.legacyWords.map((word) => ` and \`legacy-crypto permit ${fenceItem(word)}\``);
  return `${wanted}: add a transform set \`${best.words.join(' ')}\`${fence.join('')}`;
}

/** `esp-3des` is permitted as `encryption 3des`, `esp-sha-hmac` as `hash sha`. */
function fenceItem(word: string): string {
  const name = word.replace(/^esp-/, '');
  return name.endsWith('-hmac') ? `hash ${name.slice(0, -5)}` : `encryption ${name}`;
}

/** The SA payload of the answer: one proposal with the chosen transform, unchanged, and our SPI. */
export const phaseTwoAnswer = (choice: PhaseTwoChoice, spi: number): SecurityAssociation =>
  securityAssociation(choice.proposalNumber, spi, [choice.transform]);

const securityAssociation = (
  number: number,
  spi: number,
  transforms: readonly Transform[],
): SecurityAssociation => ({
  type: 'sa',
  doi: doi.ipsec,
  situation: SITUATION_IDENTITY_ONLY,
  proposals: [{ number, protocolId: protocolIds.esp, spi: uint32(spi), transforms }],
});

/** What an initiator of Quick Mode offers. */
export type PhaseTwoOffer = {
  readonly suites: readonly EspSuiteName[];
  readonly mode: 'tunnel' | 'transport';
  readonly encapsulation: 'udp' | 'none';
  readonly natTraversal: NatTraversal | undefined;
  readonly group: DhGroup | undefined;
  readonly lifetimeSeconds: number;
  readonly spi: number;
};

/** One proposal with a transform per suite. Kilobytes are kept to by us alone, which any peer bears. */
export function phaseTwoOffer(offer: PhaseTwoOffer): SecurityAssociation {
  const mode = encapsulationMode(offer.mode, offer.encapsulation, offer.natTraversal?.version);
  const transforms = offer.suites
    .map((name) => ESP_SUITES[name])
    .filter((s) => s.isakmpTransform !== undefined)
    .map((suite, index): Transform => {
      const optional = (type: number, value: number | undefined) =>
        value === undefined ? [] : [{ type, value }];
      return {
        number: index + 1,
        transformId: suite.isakmpTransform as number,
        attributes: [
          ...optional(attribute.keyLength, suite.keyLengthBits),
          { type: attribute.encapsulationMode, value: mode },
          ...optional(attribute.authenticationAlgorithm, suite.isakmpAuthentication),
          ...optional(attribute.groupDescription, offer.group?.number),
          { type: attribute.saLifeType, value: lifeTypes.seconds },
          { type: attribute.saLifeDuration, value: duration(offer.lifetimeSeconds) },
        ],
      };
    });
  return securityAssociation(1, offer.spi, transforms);
}
