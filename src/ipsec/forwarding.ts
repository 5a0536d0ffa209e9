import type { Endpoint } from '#base/address';
import type { ForwardingChange, InboundSa } from '#dataplane/data-plane';
import type { Child } from '#protocol/isakmp/child';
import { SOFT_KILOBYTES_PART } from '#protocol/isakmp/constants';
import type { Path } from '#protocol/isakmp/turn';
import type { ChildSummary } from './keying.ts';

/** What counts towards the kilobytes of a pair; none when neither end limits them. */
const limits = ({
  lifetimeKilobytes,
}: Child): Pick<InboundSa, 'softLimitOctets' | 'hardLimitOctets'> => {
  const hardLimitOctets = lifetimeKilobytes * 1024;
  return hardLimitOctets > 0
    ? { hardLimitOctets, softLimitOctets: Math.floor(hardLimitOctets * SOFT_KILOBYTES_PART) }
    : {};
};

/** A pair, to be installed in one transaction: both directions, unless it only receives. */
export const additions = (child: Child, path: Path): readonly ForwardingChange[] =>
  child.receivesOnly ? preparations(child, path) : bothDirections(child, path);

function bothDirections(child: Child, path: Path): readonly ForwardingChange[] {
  const common = {
    suite: child.suite,
    mode: child.mode,
    encapsulation: child.encapsulation,
    local: path.local,
    remote: path.remote,
    selectors: child.selectors,
    ...limits(child),
  } as const;
  return [
    {
      kind: 'addInbound',
      sa: {
        ...common,
        direction: 'inbound',
        spi: child.inboundSpi,
        keyMaterial: child.inboundKeyMaterial,
        replayWindow: child.replayWindow,
      },
    },
    {
      kind: 'addOutbound',
      sa: {
        ...common,
        direction: 'outbound',
        spi: child.outboundSpi,
        pairedSpi: child.inboundSpi,
        keyMaterial: child.outboundKeyMaterial,
      },
    },
  ];
}

/** The receiving half of a pair that the peer has still to confirm. */
export const preparations = (child: Child, path: Path): readonly ForwardingChange[] =>
  bothDirections(child, path).filter((change) => change.kind === 'addInbound');

export const removals = (child: Child): readonly ForwardingChange[] => [
  { kind: 'removeInbound', spi: child.inboundSpi },
  ...outboundOf(child, (pairedSpi) => ({ kind: 'removeOutbound', pairedSpi })),
];

/** A change of the sending half, where there is one. */
const outboundOf = (
  { receivesOnly, inboundSpi }: Child,
  change: (pairedSpi: number) => ForwardingChange,
): readonly ForwardingChange[] => (receivesOnly ? [] : [change(inboundSpi)]);

/** Both directions of pairs follow their peer, in one transaction. */
export const moves = (children: readonly Child[], to: Endpoint): readonly ForwardingChange[] =>
  children.flatMap((child): ForwardingChange[] => [
    { kind: 'moveInbound', spi: child.inboundSpi, to },
    ...outboundOf(
      child,
      (pairedSpi): ForwardingChange => ({ kind: 'moveOutbound', pairedSpi, to }),
    ),
  ]);

/** A pair as views show it: nothing of its keys. */
export const childSummary = (child: Child): ChildSummary => ({
  inboundSpi: child.inboundSpi,
  outboundSpi: child.outboundSpi,
  suite: child.suite,
  mode: child.mode,
  encapsulation: child.encapsulation,
  local: child.selectors.local,
  remote: child.selectors.remote,
  lifetimeSeconds: child.lifetimeSeconds,
  lifetimeKilobytes: child.lifetimeKilobytes,
  expiresAt: child.expiresAt,
  replayWindow: child.replayWindow,
  pfs: child.pfs,
});
