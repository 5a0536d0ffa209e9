import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ThroughputSample } from '#views/live-views';
import { formatRate } from '../format.ts';
import { useTheme } from '../theme.ts';
import { axisOf, clockOf, halfTimeLabel } from './chart.ts';

const height = 132;
/** The chart always spans this much, so that it moves evenly from the first sample on. */
const spanSeconds = 300;

function columns(samples: readonly ThroughputSample[]): uPlot.AlignedData {
  return [
    samples.map(({ at }) => at / 1000),
    samples.map(({ bitsPerSecondTx }) => bitsPerSecondTx),
    samples.map(({ bitsPerSecondRx }) => bitsPerSecondRx),
  ];
}

/** Colours as the stylesheet has them now; a canvas cannot look them up by itself. */
function colours(element: Element) {
  const colourOf = (selector: string) =>
    getComputedStyle(element.querySelector(selector) ?? element).color;
  return { tx: colourOf('.tx'), rx: colourOf('.rx'), muted: colourOf('.muted') };
}

function options(figure: Element, width: number): uPlot.Options {
  const { tx, rx, muted } = colours(figure);
  const axis = axisOf(figure, muted);
  const series = (label: string, stroke: string, dash: number[] = []): uPlot.Series => ({
    label,
    stroke,
    dash,
    width: 1.5,
    points: { show: false },
  });
  return {
    width,
    height,
    padding: [8, halfTimeLabel, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_, __, max) => [max - spanSeconds, max] },
      y: { range: (_, __, max) => [0, Math.max(10_000, (max ?? 0) * 1.15)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        grid: { show: false },
        values: (_, ticks) => ticks.map((t) => clockOf(t)),
      },
      { ...axis, size: 68, space: 26, values: (_, ticks) => ticks.map((t) => tickOf(t)) },
    ],
    // Dashes show the one line through the other where both ways carry the same.
    series: [{}, series('Tx', tx), series('Rx', rx, [6, 4])],
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
  const theme = useTheme();
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(samples);
  latest.current = samples;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme means other colours
  useEffect(() => {
    const place = canvas.current;
    if (!place || !figure.current) return;
    const chart = new uPlot(
      options(figure.current, place.clientWidth),
      columns(latest.current),
      place,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: place.clientWidth, height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [theme]);

  useEffect(() => plot.current?.setData(columns(samples)), [samples]);

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
