import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../theme.ts';

/** What the charts have alike. */

/** Pixels that the last time sticks out to the right of its tick. */
const halfTimeLabel = 32;

/** A chart without legend and cursor: its caption says in words what the lines show. */
export const chartFrame = {
  padding: [8, halfTimeLabel, 0, 0],
  legend: { show: false },
  cursor: { show: false },
} satisfies Partial<uPlot.Options>;

/** Always spans this much, so that the chart moves evenly from the first sample on. */
export const lastSeconds = (seconds: number): uPlot.Scale => ({
  range: (_, __, max) => [max - seconds, max],
});

/** An axis without ticks, its grid and words in the colour of what steps back. */
export const axisOf = (figure: Element, muted: string) => ({
  stroke: muted,
  font: `11px ${getComputedStyle(figure).fontFamily}`,
  ticks: { show: false },
  grid: { stroke: muted, width: 0.25 },
});

/** The axis of the time of day. */
export const timeAxisOf = (figure: Element, muted: string): uPlot.Axis => ({
  ...axisOf(figure, muted),
  size: 24,
  grid: { show: false },
  values: (_, ticks) => ticks.map((t) => clockOf(t)),
});

/** A colour as the stylesheet has it now for what `selector` finds; a canvas cannot look it up by itself. */
export const colourOf = (figure: Element, selector: string): string =>
  getComputedStyle(figure.querySelector(selector) ?? figure).color;

/** `10:02`, with seconds where they are not zero. */
function clockOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const withSeconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}${withSeconds}`;
}

/**
 * A chart of `data` in an element of a figure, as wide as that is. Another theme is another drawing, and
 * so is another `drawing`: what the options depend on besides.
 */
export function useChart(
  options: (figure: Element, width: number) => uPlot.Options,
  data: uPlot.AlignedData,
  drawing = '',
) {
  const theme = useTheme();
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ options, data });
  latest.current = { options, data };

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours and lines follow from these two
  useEffect(() => {
    const place = canvas.current;
    if (!place || !figure.current) return;
    const shape = latest.current.options(figure.current, place.clientWidth);
    const chart = new uPlot(shape, latest.current.data, place);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: place.clientWidth, height: shape.height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [theme, drawing]);

  useEffect(() => plot.current?.setData(data), [data]);
  return { figure, canvas };
}
