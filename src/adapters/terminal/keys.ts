/** Keys that do something else than enter text. */
export type KeyName =
  | 'enter'
  | 'tab'
  | 'help'
  | 'interrupt'
  | 'endOfInput'
  | 'endMode'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'home'
  | 'end'
  | 'previous'
  | 'next'
  | 'killToEnd'
  | 'killToStart'
  | 'killWord'
  | 'yank'
  | 'redraw';

/** What was typed. `literal` text is inserted as it is: pasted, or typed after Ctrl-V. */
export type Key =
  | { readonly kind: 'text'; readonly text: string; readonly literal: boolean }
  | { readonly kind: 'key'; readonly name: KeyName };

const controls: Readonly<Record<string, KeyName>> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'endOfInput',
  '\x05': 'end',
  '\x06': 'right',
  '\x08': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\x0b': 'killToEnd',
  '\x0c': 'redraw',
  '\r': 'enter',
  '\x0e': 'next',
  '\x10': 'previous',
  '\x12': 'redraw',
  '\x15': 'killToStart',
  '\x17': 'killWord',
  '\x19': 'yank',
  '\x1a': 'endMode',
  '\x7f': 'backspace',
  '?': 'help',
};

/** What follows ESC; the forms of xterm, of the Linux console, and of tmux. */
const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'previous',
  '[B': 'next',
  '[C': 'right',
  '[D': 'left',
  '[H': 'home',
  '[F': 'end',
  OA: 'previous',
  OB: 'next',
  OC: 'right',
  OD: 'left',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[3~': 'delete',
  '[4~': 'end',
  '[7~': 'home',
  '[8~': 'end',
  '[1;5C': 'wordRight',
  '[1;5D': 'wordLeft',
  '[1;3C': 'wordRight',
  '[1;3D': 'wordLeft',
  b: 'wordLeft',
  f: 'wordRight',
  '\x7f': 'killWord',
};

const literalNext = '\x16';
const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';
/** An escape sequence: CSI with its parameters, SS3, or one more character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control
const escapeSequence = /^\x1b(\[[0-9;<=>?]*[ -/]*[@-~]|O[@-~]|[^[O])/;
/** More than any sequence is long; what goes on longer is not one. */
const longestSequence = 32;

/** Turns the octets of a keyboard into keys; a sequence may arrive in several pieces. */
export class KeyDecoder {
  readonly #utf8 = new TextDecoder();
  #rest = '';
  #pasting = false;
  #lastWasReturn = false;

  decode(octets: Uint8Array): Key[] {
    this.#rest += this.#utf8.decode(octets, { stream: true });
    const keys: Key[] = [];
    while (this.#rest !== '') {
      const taken = this.#pasting ? this.#paste(keys) : this.#one(keys);
      if (taken === 0) break;
      this.#rest = this.#rest.slice(taken);
    }
    return keys;
  }

  /** Reads one key and answers how many characters it was; 0 to wait for more. */
  #one(keys: Key[]): number {
    const rest = this.#rest;
    const first = String.fromCodePoint(rest.codePointAt(0) as number);
    const afterReturn = this.#lastWasReturn;
    this.#lastWasReturn = first === '\r';
    // A return and its line feed are one Enter.
    if (first === '\n' && afterReturn) return 1;
    if (rest.startsWith(pasteStart)) {
      this.#pasting = true;
      return pasteStart.length;
    }
    if (first === '\x1b') return this.#escape(keys);
    if (first === literalNext) {
      if (rest.length === 1) return 0;
      const next = String.fromCodePoint(rest.codePointAt(1) as number);
      keys.push({ kind: 'text', text: printable(next), literal: true });
      return 1 + next.length;
    }
    const name = controls[first];
    if (name) keys.push({ kind: 'key', name });
    else if (printable(first) !== '') keys.push({ kind: 'text', text: first, literal: false });
    return first.length;
  }

  #escape(keys: Key[]): number {
    const match = escapeSequence.exec(this.#rest);
    if (!match) return this.#rest.length > longestSequence ? 1 : 0;
    const name = sequences[match[1] as string];
    if (name) keys.push({ kind: 'key', name });
    return match[0].length;
  }

  /** Reads pasted text up to a line's end or the end of the paste. */
  #paste(keys: Key[]): number {
    const rest = this.#rest;
    if (rest.startsWith(pasteEnd)) {
      this.#pasting = false;
      return pasteEnd.length;
    }
    if (rest.length < pasteEnd.length && pasteEnd.startsWith(rest)) return 0;
    const lineEnd = /^(?:\r\n|\r|\n)/.exec(rest);
    if (lineEnd) {
      // A return at the end of a piece may be followed by its line feed in the next one.
      if (lineEnd[0] === '\r' && rest.length === 1) return 0;
      keys.push({ kind: 'key', name: 'enter' });
      return lineEnd[0].length;
    }
    const text = (/^(?:\P{Cc}|\t)+/u.exec(rest) ?? [''])[0];
    if (text === '') return 1;
    keys.push({ kind: 'text', text: printable(text.replaceAll('\t', ' ')), literal: true });
    return text.length;
  }
}

/** Text without control characters, which have no place on a command line. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '');
