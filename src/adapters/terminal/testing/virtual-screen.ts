import { widthOf } from '../screen.ts';

/** As much of a terminal as a console needs: what a person would see after some output. */
export class VirtualScreen {
  readonly #columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** A full row leaves the cursor on its last column until the next character. */
  #wrapPending = false;
  bells = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#wrapPending ? this.#columns : this.#column };
  }

  /** Every row that was ever written, without spaces at their ends. */
  get lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (c) => c ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    let rest = text;
    while (rest !== '') {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it reads control sequences
      const sequence = /^\x1b\[(\??)(\d*)([A-Za-z])/.exec(rest);
      if (sequence) {
        rest = rest.slice(sequence[0].length);
        if (sequence[1] === '') this.#control(Number(sequence[2] || 1), sequence[3] as string);
        continue;
      }
      const character = String.fromCodePoint(rest.codePointAt(0) as number);
      rest = rest.slice(character.length);
      this.#put(character);
    }
  }

  #control(n: number, command: string): void {
    this.#wrapPending = false;
    const row = this.#rows[this.#row] as string[];
    if (command === 'A') this.#row = Math.max(0, this.#row - n);
    else if (command === 'B') this.#goTo(this.#row + n);
    else if (command === 'C') this.#column = Math.min(this.#columns - 1, this.#column + n);
    else if (command === 'K') row.length = Math.min(row.length, this.#column);
    else if (command === 'J') {
      row.length = Math.min(row.length, this.#column);
      this.#rows.length = this.#row + 1;
    } else if (command === 'H') {
      this.#row = 0;
      this.#column = 0;
    } else throw new Error(`a control sequence the console should not use: ${command}`);
  }

  #goTo(row: number): void {
    this.#row = row;
    while (this.#rows.length <= row) this.#rows.push([]);
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#goTo(this.#row + 1);
    else if (character === '\x07') this.bells += 1;
    else {
      const width = widthOf(character);
      if (this.#wrapPending || this.#column + width > this.#columns) {
        this.#goTo(this.#row + 1);
        this.#column = 0;
      }
      const row = this.#rows[this.#row] as string[];
      row[this.#column] = character;
      if (width === 2) row[this.#column + 1] = '';
      this.#column += width;
      this.#wrapPending = this.#column >= this.#columns;
      if (this.#wrapPending) this.#column = this.#columns - 1;
      return;
    }
    this.#wrapPending = false;
  }
}
