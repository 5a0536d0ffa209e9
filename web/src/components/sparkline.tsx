const width = 64;
const height = 22;
/** One point a second, a minute long. */
const points = 60;

function path(values: readonly number[], top: number): string {
  const step = width / (points - 1);
  const start = points - values.length;
  return values
    .map((value, i) => {
      const y = height - 1 - (value / top) * (height - 2);
      return `${i === 0 ? 'M' : 'L'}${((start + i) * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** The last minute of a session's traffic; the rates beside it say the same in words. */
export function Sparkline({
  history,
}: {
  readonly history: readonly { tx: number; rx: number }[];
}) {
  const recent = history.slice(-points);
  // One packet in a minute should not look like a full line, and one in a second should not look idle.
  const top = Math.max(400, ...recent.map(({ tx, rx }) => Math.max(tx, rx)));
  // Nothing is drawn for the time before this page was opened: it would look idle.
  const known = (width / (points - 1)) * (points - Math.max(1, recent.length));
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path className="sparkline-base" d={`M${known.toFixed(1)} ${height - 1}H${width}`} />
      <path
        className="tx"
        d={path(
          recent.map(({ tx }) => tx),
          top,
        )}
      />
      <path
        className="rx"
        d={path(
          recent.map(({ rx }) => rx),
          top,
        )}
      />
    </svg>
  );
}
