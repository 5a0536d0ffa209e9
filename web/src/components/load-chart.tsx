import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LoadSample } from '#views/cluster-views';
import type { ShownMember } from '../cluster.ts';
import { useTheme } from '../theme.ts';
import { axisOf, clockOf, halfTimeLabel } from './chart.ts';

const height = 208;
/** The chart always spans this much, so that it moves evenly from the first sample on. */
const spanSeconds = 180;
/** Two members with the same load are two lines all the same: later ones let the first shine through. */
const dashes = [[], [8, 4], [3, 3], [10, 3, 2, 3], [5, 5], [2, 4]];

function columns(
  samples: readonly LoadSample[],
  addresses: readonly string[],
  asOf: number,
): uPlot.AlignedData {
  // What was known last goes on to the present.
  const last = samples.at(-1);
  const all = last && asOf > last.at ? [...samples, { ...last, at: asOf }] : samples;
  return [
    all.map(({ at }) => at / 1000),
    ...addresses.map((address) => all.map(({ percents }) => percents[address] ?? null)),
  ];
}

function options(figure: Element, width: number, members: readonly ShownMember[]): uPlot.Options {
  const colourOf = (selector: string) =>
    getComputedStyle(figure.querySelector(selector) ?? figure).color;
  const axis = axisOf(figure, colourOf('.muted'));
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    width,
    height,
    padding: [8, halfTimeLabel, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_, __, max) => [max - spanSeconds, max] },
      y: { range: (_, __, max) => [0, Math.min(104, Math.max(10, (max ?? 0) * 1.15))] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        grid: { show: false },
        values: (_, ticks) => ticks.map((t) => clockOf(t)),
      },
      {
        ...axis,
        size: 52,
        space: 26,
        incrs: [1, 2, 5, 10, 20, 25, 50],
        values: (_, ticks) => ticks.map((t) => `${t} %`),
      },
    ],
    series: [
      {},
      ...members.map(
        ({ hostname, colour }, i): uPlot.Series => ({
          label: hostname,
          stroke: colourOf(`.member-${colour}`),
          dash: dashes[i % dashes.length] ?? [],
          width: 2,
          ...(paths && { paths }),
          points: { show: false },
        }),
      ),
    ],
  };
}

/** Load in percent of each member whose load is known here; the caption says in words what the lines show. */
export function LoadChart(props: {
  readonly samples: readonly LoadSample[];
  readonly members: readonly ShownMember[];
  readonly asOf: number;
}) {
  const theme = useTheme();
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const { members, samples, asOf } = props;
  const addresses = members.map(({ privateAddress }) => privateAddress).join(' ');
  const data = useMemo(
    () => columns(samples, addresses.split(' '), asOf),
    [samples, addresses, asOf],
  );
  const latest = useRef(data);
  latest.current = data;
  const lines = useRef(members);
  lines.current = members;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or member is another drawing
  useEffect(() => {
    const place = canvas.current;
    if (!place || !figure.current) return;
    const shape = options(figure.current, place.clientWidth, lines.current);
    const chart = new uPlot(shape, latest.current, place);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: place.clientWidth, height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [theme, addresses]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure ref={figure} className="load-chart" aria-label="Load of the members over time">
      <figcaption className="throughput-caption">
        <dl>
          {members.map((member, i) => (
            <div key={member.privateAddress}>
              <dt>
                <span
                  className={`swatch member-${member.colour}`}
                  data-dashed={i > 0 || undefined}
                  aria-hidden="true"
                />{' '}
                {member.hostname}
              </dt>
              <dd className="figures">
                {member.load ? `${member.load.percent} %` : <span className="muted">N/A</span>}
              </dd>
            </div>
          ))}
        </dl>
      </figcaption>
      <div ref={canvas} className="load-canvas" aria-hidden="true" />
    </figure>
  );
}
