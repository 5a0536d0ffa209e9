import type { KeyName } from './keys.ts';

/** Lines that a console remembers. */
const HISTORY_LINES = 500;
/** More than any command is long. */
const LONGEST_LINE = 4096;

/** The line being typed, its cursor, and the lines typed before. Offsets are in UTF-16 units. */
export class LineEditor {
  #text = '';
  #cursor = 0;
  #killed = '';
  readonly #history: string[] = [];
  /** Which line of the history is shown; its length for the new line. */
  #place = 0;
  #unfinished = '';

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get beforeCursor(): string {
    return this.#text.slice(0, this.#cursor);
  }

  /** Puts text in at the cursor; what would make the line too long is left out. */
  insert(text: string): void {
    const room = LONGEST_LINE - this.#text.length;
    const part = text.length <= room ? text : text.slice(0, Math.max(0, room));
    this.#text = this.beforeCursor + part + this.#text.slice(this.#cursor);
    this.#cursor += part.length;
  }

  /** Puts other text in the place of what stands before the cursor. */
  replaceBeforeCursor(text: string): void {
    this.#cut(0, this.#cursor, false);
    this.insert(text);
  }

  /** Ends the line and remembers it. */
  take(): string {
    const line = this.#text;
    if (line.trim() !== '' && this.#history.at(-1) !== line) {
      this.#history.push(line);
      if (this.#history.length > HISTORY_LINES) this.#history.shift();
    }
    this.clear();
    return line;
  }

  clear(): void {
    this.#set('');
    this.#place = this.#history.length;
    this.#unfinished = '';
  }

  /** Carries out an editing key; the others leave the line as it is. */
  press(name: KeyName): void {
    const { left, right } = this.#neighbours();
    switch (name) {
      case 'backspace':
        this.#cut(left, this.#cursor, false);
        return;
      case 'delete':
        this.#cut(this.#cursor, right, false);
        return;
      case 'left':
        this.#cursor = left;
        return;
      case 'right':
        this.#cursor = right;
        return;
      case 'wordLeft':
        this.#cursor = this.#wordLeft();
        return;
      case 'wordRight':
        this.#cursor = this.#wordRight();
        return;
      case 'home':
        this.#cursor = 0;
        return;
      case 'end':
        this.#cursor = this.#text.length;
        return;
      case 'killToEnd':
        this.#cut(this.#cursor, this.#text.length, true);
        return;
      case 'killToStart':
        this.#cut(0, this.#cursor, true);
        return;
      case 'killWord':
        this.#cut(this.#wordLeft(), this.#cursor, true);
        return;
      case 'yank':
        this.insert(this.#killed);
        return;
      case 'previous':
        this.#show(this.#place - 1);
        return;
      case 'next':
        this.#show(this.#place + 1);
        return;
      default:
        return;
    }
  }

  #set(text: string): void {
    this.#text = text;
    this.#cursor = text.length;
  }

  #cut(from: number, to: number, keep: boolean): void {
    if (from === to) return;
    if (keep) this.#killed = this.#text.slice(from, to);
    this.#text = this.#text.slice(0, from) + this.#text.slice(to);
    this.#cursor = from;
  }

  /** The offsets one character to the left and to the right of the cursor. */
  #neighbours(): { readonly left: number; readonly right: number } {
    const before = [...this.beforeCursor].at(-1)?.length ?? 0;
    const after = [...this.#text.slice(this.#cursor, this.#cursor + 2)][0]?.length ?? 0;
    return { left: this.#cursor - before, right: this.#cursor + after };
  }

  #wordLeft(): number {
    return (/\S+\s*$/.exec(this.beforeCursor) ?? { index: 0 }).index;
  }

  #wordRight(): number {
    return this.#cursor + (/^\s*\S+/.exec(this.#text.slice(this.#cursor))?.[0].length ?? 0);
  }

  #show(place: number): void {
    if (place < 0 || place > this.#history.length) return;
    if (this.#place === this.#history.length) this.#unfinished = this.#text;
    this.#place = place;
    this.#set(this.#history[place] ?? this.#unfinished);
  }
}
