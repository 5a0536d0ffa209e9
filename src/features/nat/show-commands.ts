import { exec, view } from '#config/exec';
import {
  type ArpView,
  type PatCountersView,
  renderArp,
  renderCounters,
  renderXlate,
  type XlateView,
} from './show.ts';

/** A PAT box, as far as its commands look into it. */
export type ShownPatBox = {
  xlate(): XlateView;
  arp(): ArpView;
  counters(): PatCountersView;
  /** Ends every translation. */
  clearXlate(): void;
};

const command = exec<ShownPatBox>();

const showXlate = command({
  path: ['show xlate'],
  words: { show: 'Show what the system is doing', xlate: 'Address translations' },
  dialects: ['pix'],
  help: 'Lists the translations in use: what the other side sees, and what stands behind it.',
  since: '002:177',
  run: (box) => ({ kind: 'view', view: view('xlate', box.xlate(), renderXlate) }),
});

const showArp = command({
  path: ['show arp'],
  words: { arp: 'Stations on the attached networks' },
  dialects: ['pix'],
  help: 'Lists the stations that were heard, by interface, with their hardware addresses.',
  since: '002:189',
  run: (box) => ({ kind: 'view', view: view('arp', box.arp(), renderArp) }),
});

const showDrops = command({
  path: ['show asp drop'],
  words: { asp: 'The packet path', drop: 'Packets that were refused' },
  dialects: ['pix'],
  help: 'Counts the packets that were passed on, and those that were refused by reason.',
  since: 'command of an ASA; ours on this box',
  run: (box) => ({ kind: 'view', view: view('asp drop', box.counters(), renderCounters) }),
});

const clearXlate = command({
  path: ['clear xlate'],
  words: { clear: 'Forget', xlate: 'Address translations' },
  dialects: ['pix'],
  help: 'Ends every translation; hosts get new ones with their next packet.',
  since: 'command of a PIX 6.3',
  run(box) {
    box.clearXlate();
    return { kind: 'text', text: '' };
  },
});

/** The commands that look at translations and neighbours. */
export const translationCommands = [showXlate, showArp, showDrops, clearXlate] as const;
