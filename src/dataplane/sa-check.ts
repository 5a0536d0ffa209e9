import { familyOf } from '#base/address';
import { assert } from '#base/assert';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { ForwardingChange, InboundSa, OutboundSa } from './data-plane.ts';
import { REPLAY_WINDOW } from './replay-window.ts';

/** Values below 256 are reserved; RFC 4303 section 2.1. */
const LEAST_SPI = 256;

function checkSa(sa: InboundSa | OutboundSa): void {
  const { selectors } = sa;
  assert(
    Number.isInteger(sa.spi) && sa.spi >= LEAST_SPI && sa.spi <= 0xffffffff,
    'the SPI of an SA is neither reserved nor too large',
  );
  assert(
    sa.keyMaterial.length === ESP_SUITES[sa.suite].keyMaterialOctets,
    'an SA has as many octets of keys as its suite needs',
  );
  assert(
    familyOf(sa.local.address) === familyOf(sa.remote.address),
    'the endpoints of an SA are of one family',
  );
  assert(
    familyOf(selectors.local.address) === familyOf(selectors.remote.address),
    'the selectors of an SA are of one family',
  );
  assert(
    sa.mode === 'tunnel' || familyOf(selectors.local.address) === familyOf(sa.local.address),
    'transport mode carries the family that it travels in',
  );
  if (sa.direction === 'inbound')
    assert(
      sa.replayWindow >= REPLAY_WINDOW.least && sa.replayWindow <= REPLAY_WINDOW.most,
      'a replay window has as many packets as may be',
    );
}

/**
 * What every packet path takes for granted of the SAs that it is given; an error here is a mistake of
 * whoever negotiated. Asked where one connection can still fail alone, and again where all meet.
 */
export function checkChanges(changes: readonly ForwardingChange[]): void {
  for (const change of changes)
    if (change.kind === 'addInbound' || change.kind === 'addOutbound') checkSa(change.sa);
}
