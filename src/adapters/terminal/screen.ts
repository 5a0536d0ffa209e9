/** Characters that take two columns: East Asian wide forms and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const zeroWidth = /\p{Mn}|\p{Me}|\p{Cf}/u;

function columnsOf(character: string): number {
  if (character >= ' ' && character <= '~') return 1;
  return wide.test(character) ? 2 : zeroWidth.test(character) ? 0 : 1;
}

/** How many columns a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

const harmless = /^[\n -~]*$/;

/**
 * Text that a terminal may be sent: names in a view come from strangers, and must not move the cursor
 * or retitle the window.
 */
export const safeText = (text: string): string =>
  harmless.test(text)
    ? text
    : text.replaceAll('\t', '        ').replaceAll(/(?!\n)\p{Cc}|\p{Bidi_Control}/gu, '?');

/** The rows that a text fills on a terminal of that many columns. */
export function rowsOf(text: string, columns: number): string[] {
  const rows: string[] = [];
  for (const line of text.split('\n')) {
    let row = '';
    let width = 0;
    for (const character of line) {
      const w = columnsOf(character);
      if (width + w > columns) {
        rows.push(row);
        row = '';
        width = 0;
      }
      row += character;
      width += w;
    }
    rows.push(row);
  }
  return rows;
}

/** Where a cursor stands after `text` was written from the left edge. */
export function positionAfter(
  text: string,
  columns: number,
): { readonly row: number; readonly column: number } {
  let row = 0;
  let column = 0;
  for (const character of text) {
    const w = columnsOf(character);
    if (column + w > columns) {
      row += 1;
      column = 0;
    }
    column += w;
    if (column === columns) {
      row += 1;
      column = 0;
    }
  }
  return { row, column };
}
