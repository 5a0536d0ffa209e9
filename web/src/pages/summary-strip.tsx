import type { SessionSummaryView } from '#views/views';
import { formatCount } from '../format.ts';

/** The Session Summary with the columns of LB-62, and how full the head-end is. */
export function SummaryStrip({ summary }: { readonly summary: SessionSummaryView | undefined }) {
  const figures: readonly [string, number | undefined][] = [
    ['Active LAN-to-LAN Sessions', summary?.activeLanToLan],
    ['Active Remote Access Sessions', summary?.activeRemoteAccess],
    ['Active Management Sessions', summary?.activeManagement],
    ['Total Active Sessions', summary?.totalActive],
    ['Peak Concurrent Sessions', summary?.peakConcurrent],
    ['Concurrent Sessions Limit', summary?.concurrentLimit],
    ['Total Cumulative Sessions', summary?.totalCumulative],
  ];
  const limit = summary?.concurrentLimit ?? 0;
  const used = limit > 0 ? Math.min(1, (summary?.totalActive ?? 0) / limit) : 0;
  const tone = used >= 0.95 ? 'danger' : used >= 0.8 ? 'warn' : 'success';
  return (
    <section className="summary" aria-label="Session summary">
      <dl>
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value === undefined ? '–' : formatCount(value)}</dd>
          </div>
        ))}
      </dl>
      <meter
        className={`fill fill-${tone}`}
        min={0}
        max={1}
        value={used}
        aria-label="Share of the session limit in use"
      />
    </section>
  );
}
