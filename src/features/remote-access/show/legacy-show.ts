import { ROWS_MOST, restOf, textTable } from '#config/text-table';
import { ipsecSlice, type LegacyItem } from '#ipsec/config';
import { permitCommand } from '#ipsec/legacy';
import type { Page, SessionView } from '#views/views';
import type { RemoteAccessNeeds } from './needs.ts';
import { shownSession } from './session-detail.ts';

/** `show crypto legacy`: what is permitted, and who uses it. */
export type LegacyView = {
  readonly permitted: readonly LegacyItem[];
  /** All sessions, old algorithms or not. */
  readonly sessions: number;
  readonly using: Page<SessionView>;
};

export function legacyView(n: RemoteAccessNeeds): LegacyView {
  const now = n.now();
  const items: SessionView[] = [];
  let sessions = 0;
  let total = 0;
  for (const session of n.sessions.values()) {
    sessions += 1;
    if (session.legacy.length === 0) continue;
    total += 1;
    if (items.length < ROWS_MOST) items.push(shownSession(n, session, now));
  }
  const permitted = [...ipsecSlice.of(n.configuration()).legacyPermitted];
  return { permitted, sessions, using: { items, total, asOf: now } };
}

export const legacyText = ({ permitted, sessions, using }: LegacyView): string =>
  [
    `Permitted: ${permitted.length > 0 ? permitCommand(permitted) : 'nothing'}`,
    `Sessions that use old algorithms: ${using.total} of ${sessions}`,
    ...(using.total === 0
      ? []
      : [
          '',
          ...textTable(
            [
              { title: 'Index', cell: (s) => `${s.index}` },
              { title: 'Username', cell: (s) => s.username },
              { title: 'Group', cell: (s) => s.group },
              { title: 'Public IP Address', cell: (s) => s.publicAddress },
              { title: 'Old algorithms', cell: (s) => s.legacy.join(', ') },
            ],
            using.items,
          ),
        ]),
    ...restOf(using),
  ].join('\n');
