/** Rows of one table in one answer: it has to come at once however much there is to list. */
export const ROWS_MOST = 100;

/** What stands in one field of a table: one line, or two on top of each other. */
export type Cell = string | readonly [string, string];

/** One column: its title and what a row has there. */
export type Column<T> = {
  readonly title: Cell;
  readonly cell: (row: T) => Cell;
  /** Numbers stand at the right. */
  readonly right?: boolean;
};

const GAP = '  ';

const linesOf = (cell: Cell): readonly string[] => (typeof cell === 'string' ? [cell] : cell);

/** A table with columns as wide as what stands in them; its titles come first. */
export function textTable<T>(columns: readonly Column<T>[], rows: Iterable<T>): string[] {
  const grid: Cell[][] = [columns.map((c) => c.title)];
  for (const row of rows) grid.push(columns.map((c) => c.cell(row)));
  const widths = columns.map((_, i) =>
    Math.max(...grid.flatMap((cells) => linesOf(cells[i] ?? '').map((line) => line.length))),
  );
  return grid.flatMap((cells) => {
    const height = Math.max(...cells.map((cell) => linesOf(cell).length));
    return Array.from({ length: height }, (_, line) =>
      columns
        .map((column, i) => {
          const text = linesOf(cells[i] ?? '')[line] ?? '';
          const width = widths[i] ?? 0;
          return column.right ? text.padStart(width) : text.padEnd(width);
        })
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** A name and its value, `Username     : user1`. */
export type Field = readonly [name: string, value: string | number];

/** How fields are set: columns before the colon, and where a second field on the same line begins. */
export type FieldForm = {
  readonly indent: number;
  readonly name: number;
  readonly second: number;
};

/**
 * Fields, one or two on a line. The second moves to a line of its own when the first leaves it no room.
 */
export const textFields = (lines: readonly (readonly Field[])[], form: FieldForm): string[] =>
  lines.flatMap((fields) => {
    const written = fields.map(([name, value]) => `${name.padEnd(form.name)}: ${value}`.trimEnd());
    const [first = '', second] = written;
    const margin = ' '.repeat(form.indent);
    if (second === undefined) return written.map((text) => margin + text);
    return first.length < form.second
      ? [margin + first.padEnd(form.second) + second]
      : [margin + first, margin + second];
  });

/** What is said below a list that was cut; `how` is the way to the rest. */
export const restOf = (
  page: { readonly items: readonly unknown[]; readonly total: number },
  how = '',
): string[] =>
  page.items.length < page.total
    ? ['', `${page.total - page.items.length} more are not shown${how && `; ${how}`}`]
    : [];
