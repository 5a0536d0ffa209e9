import { familyOf } from '#base/address';
import { ESP_SUITES } from '#crypto/esp-suites';
import {
  type AssociationRows,
  BARE_HEADER_SHIFT,
  KIND,
  MARK,
  ROW,
  SUITES,
} from './association-rows.ts';
import type { InboundSa, OutboundSa } from './data-plane.ts';
import { EndpointWords } from './endpoint-words.ts';
import { ipHeaderOctets } from './ip-packet.ts';
import { writePrefix } from './prefix-words.ts';
import { windowWords } from './replay-window.ts';

/** Writes the row of an SA whose keys are `keys` to its cipher; its slot is free, its counters are its own. */
export function writeAssociation(
  rows: AssociationRows,
  slot: number,
  sa: InboundSa | OutboundSa,
  keys: number,
): void {
  rows.clear(slot);
  const { words, doubles } = rows.page(slot);
  const at = rows.at(slot);
  const bareHeader = sa.mode === 'tunnel' ? 0 : ipHeaderOctets(familyOf(sa.local.address));
  words[at + ROW.kind] = KIND[sa.direction];
  words[at + ROW.spi] = sa.spi;
  words[at + ROW.suite] = SUITES.indexOf(ESP_SUITES[sa.suite]);
  words[at + ROW.marks] =
    (sa.extendedSequenceNumbers ? MARK.extended : 0) |
    (sa.encapsulation === 'udp' ? MARK.inUdp : 0) |
    (bareHeader << BARE_HEADER_SHIFT);
  words[at + ROW.keys] = keys;
  doubles[(at + ROW.softLimitOctets) / 2] = sa.softLimitOctets ?? Number.POSITIVE_INFINITY;
  doubles[(at + ROW.hardLimitOctets) / 2] = sa.hardLimitOctets ?? Number.POSITIVE_INFINITY;
  EndpointWords.of(sa.local).store(words, at + ROW.local);
  EndpointWords.of(sa.remote).store(words, at + ROW.remote);
  writePrefix(words, at + ROW.localSelector, sa.selectors.local);
  writePrefix(words, at + ROW.remoteSelector, sa.selectors.remote);
  if (sa.direction === 'outbound') return;
  EndpointWords.of(sa.remote).store(words, at + ROW.announced);
  words[at + ROW.windowPackets] = sa.replayWindow;
  const bits = windowWords(sa.replayWindow);
  if (ROW.window + bits > ROW.words) rows.widen(slot, bits);
}
