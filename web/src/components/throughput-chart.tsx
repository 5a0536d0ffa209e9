import { useMemo } from 'react';
import type uPlot from 'uplot';
import type { ThroughputSample } from '#views/live-views';
import { formatRate } from '../format.ts';
import { axisOf, chartFrame, colourOf, lastSeconds, timeAxisOf, useChart } from './chart.ts';

const height = 132;
const spanSeconds = 300;

function columns(samples: readonly ThroughputSample[]): uPlot.AlignedData {
  return [
    samples.map(({ at }) => at / 1000),
    samples.map(({ bitsPerSecondTx }) => bitsPerSecondTx),
    samples.map(({ bitsPerSecondRx }) => bitsPerSecondRx),
  ];
}

function options(figure: Element, width: number): uPlot.Options {
  const muted = colourOf(figure, '.muted');
  const series = (label: string, stroke: string, dash: number[] = []): uPlot.Series => ({
    label,
    stroke,
    dash,
    width: 1.5,
    points: { show: false },
  });
  return {
    ...chartFrame,
    width,
    height,
    scales: {
      x: lastSeconds(spanSeconds),
      y: { range: (_, __, max) => [0, Math.max(10_000, (max ?? 0) * 1.15)] },
    },
    axes: [
      timeAxisOf(figure, muted),
      {
        ...axisOf(figure, muted),
        size: 68,
        space: 26,
        values: (_, ticks) => ticks.map((t) => tickOf(t)),
      },
    ],
    // Dashes show the one line through the other where both ways carry the same.
    series: [
      {},
      series('Tx', colourOf(figure, '.tx')),
      series('Rx', colourOf(figure, '.rx'), [6, 4]),
    ],
  };
}

/** A rate at a line of the grid, which is round: `2 Mb/s`, not `2.00 Mb/s`. */
const tickOf = (bitsPerSecond: number): string =>
  formatRate(bitsPerSecond).replace(/\.(\d*?)0+ /, (_, rest) => (rest === '' ? ' ' : `.${rest} `));

/** Bits per second through all tunnels; the caption says in words what the lines show. */
export function ThroughputChart(props: {
  readonly samples: readonly ThroughputSample[];
  /** The member of a cluster whose tunnels these are. */
  readonly of?: string | undefined;
}) {
  const { samples, of } = props;
  const data = useMemo(() => columns(samples), [samples]);
  const { figure, canvas } = useChart(options, data);

  const last = samples.at(-1);
  const peak = (key: 'bitsPerSecondTx' | 'bitsPerSecondRx') =>
    formatRate(Math.max(0, ...samples.slice(-spanSeconds).map((sample) => sample[key])));
  return (
    <figure ref={figure} className="throughput" aria-label="Throughput of all tunnels">
      <figcaption className="throughput-caption">
        <h2>Throughput{of !== undefined && ` of ${of}`}</h2>
        <dl>
          <div>
            <dt>
              <span className="swatch tx" aria-hidden="true" /> Tx to clients
            </dt>
            <dd className="figures tx">{formatRate(last?.bitsPerSecondTx ?? 0)}</dd>
            <dd className="figures muted">peak {peak('bitsPerSecondTx')}</dd>
          </div>
          <div>
            <dt>
              <span className="swatch rx" aria-hidden="true" /> Rx from clients
            </dt>
            <dd className="figures rx">{formatRate(last?.bitsPerSecondRx ?? 0)}</dd>
            <dd className="figures muted">peak {peak('bitsPerSecondRx')}</dd>
          </div>
        </dl>
      </figcaption>
      <div ref={canvas} className="throughput-canvas" aria-hidden="true" />
    </figure>
  );
}
