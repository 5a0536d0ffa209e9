import { useMemo } from 'react';
import uPlot from 'uplot';
import type { LoadSample } from '#views/cluster-views';
import type { ShownMember } from '../cluster.ts';
import { axisOf, chartFrame, colourOf, lastSeconds, timeAxisOf, useChart } from './chart.ts';

const height = 208;
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
  const muted = colourOf(figure, '.muted');
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    ...chartFrame,
    width,
    height,
    scales: {
      x: lastSeconds(spanSeconds),
      y: { range: (_, __, max) => [0, Math.min(104, Math.max(10, (max ?? 0) * 1.15))] },
    },
    axes: [
      timeAxisOf(figure, muted),
      {
        ...axisOf(figure, muted),
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
          stroke: colourOf(figure, `.member-${colour}`),
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
  const { members, samples, asOf } = props;
  const addresses = members.map(({ privateAddress }) => privateAddress).join(' ');
  const data = useMemo(
    () => columns(samples, addresses.split(' '), asOf),
    [samples, addresses, asOf],
  );
  const { figure, canvas } = useChart(
    (element, width) => options(element, width, members),
    data,
    addresses,
  );

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
