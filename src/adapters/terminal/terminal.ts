import { type Key, KeyDecoder, type KeyName } from './keys.ts';
import { LineEditor } from './line-editor.ts';
import { positionAfter, rowsOf, safeText } from './screen.ts';
import { END_COMMAND, failureReply, type Reply, type Shell } from './shell.ts';

export type TerminalOptions = {
  readonly shell: Shell;
  readonly columns: number;
  readonly rows: number;
  readonly write: (text: string) => void;
  /** The person said `exit` or pressed Ctrl-D: the terminal writes nothing more. */
  readonly ended: () => void;
  /** What Ctrl-D says instead, where there is nothing to go back to. */
  readonly stays?: string | undefined;
  /** Ctrl-C on an empty line; by default it shows a new prompt. */
  readonly interrupted?: () => void;
};

const moreText = '--More--';
/** Keys typed ahead while a command runs, and lines held back while a page is read. */
const TYPED_AHEAD = 10_000;
const HELD_LINES = 500;

const csi = (command: string) => `\x1b[${command}`;
const bell = '\x07';
const eraseBelow = csi('J');
const pasteOn = csi('?2004h');
const pasteOff = csi('?2004l');

type State =
  | { readonly kind: 'editing' }
  | { readonly kind: 'running'; readonly abort: AbortController }
  | { readonly kind: 'paging'; readonly rows: readonly string[]; readonly shown: number }
  | { readonly kind: 'ended' };

/**
 * One console on one terminal: line editing with history, Tab, `?` without Enter, pages, Ctrl-C. It is
 * handed the octets of a keyboard and writes text with control sequences that every terminal of the
 * last forty years knows. Lines of the event log appear above the prompt and leave the line as it is.
 */
export class Terminal {
  readonly #shell: Shell;
  readonly #options: TerminalOptions;
  readonly #decoder = new KeyDecoder();
  readonly #editor = new LineEditor();
  readonly #keys: Key[] = [];
  #held: string[] = [];
  #state: State = { kind: 'editing' };
  #columns: number;
  #rows: number;
  /** Row of the cursor below the row in which the prompt begins. */
  #cursorRow = 0;
  #lastWasTab = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#shell = options.shell;
    this.#columns = Math.max(1, options.columns);
    this.#rows = options.rows;
  }

  /** Shows the first prompt. */
  start(): void {
    this.#write(pasteOn);
    this.#draw();
  }

  /** Octets from the keyboard. */
  input(octets: Uint8Array): void {
    if (this.#state.kind === 'ended') return;
    for (const key of this.#decoder.decode(octets)) {
      if (this.#state.kind === 'running' && key.kind === 'key' && key.name === 'interrupt') {
        this.#keys.length = 0;
        this.#state.abort.abort();
      } else if (this.#keys.length < TYPED_AHEAD) this.#keys.push(key);
    }
    this.#handleKeys();
  }

  /** The terminal has another size now. */
  resize(columns: number, rows: number): void {
    this.#columns = Math.max(1, columns);
    this.#rows = rows;
    if (this.#state.kind !== 'editing') return;
    // Terminals lay out the line anew for the new width before they tell us.
    this.#cursorRow = this.#position(this.#editor.beforeCursor).row;
    this.#redraw();
  }

  /** Writes lines that came by themselves, such as events, above the line being typed. */
  print(text: string): void {
    const lines = safeText(text).split('\n');
    if (this.#state.kind === 'ended') return;
    if (this.#state.kind === 'paging') {
      this.#held = [...this.#held, ...lines].slice(-HELD_LINES);
      return;
    }
    const isEditing = this.#state.kind === 'editing';
    if (isEditing) this.#eraseLine();
    this.#writeLines(lines);
    if (isEditing) this.#draw();
  }

  /** Leaves the terminal as it was found. */
  close(): void {
    if (this.#state.kind === 'ended') return;
    if (this.#state.kind === 'running') this.#state.abort.abort();
    this.#state = { kind: 'ended' };
    this.#write(`${pasteOff}\r\n`);
  }

  #handleKeys(): void {
    for (;;) {
      if (this.#state.kind === 'running' || this.#state.kind === 'ended') return;
      const key = this.#keys.shift();
      if (!key) return;
      if (this.#state.kind === 'paging') this.#page(key, this.#state);
      else this.#edit(key);
    }
  }

  #edit(key: Key): void {
    const isSecondTab = this.#lastWasTab;
    this.#lastWasTab = false;
    if (key.kind === 'text') {
      this.#editor.insert(key.text);
      this.#redraw();
      return;
    }
    switch (key.name) {
      case 'enter':
        this.#finishLine();
        this.#run(this.#editor.take());
        return;
      case 'endMode':
        this.#finishLine();
        this.#editor.clear();
        this.#run(END_COMMAND);
        return;
      case 'interrupt':
        this.#interrupt();
        return;
      case 'help':
        this.#help();
        return;
      case 'tab':
        this.#lastWasTab = true;
        this.#complete(isSecondTab);
        return;
      case 'redraw':
        this.#write(`${csi('H')}${eraseBelow}`);
        this.#draw();
        return;
      case 'endOfInput':
        if (this.#editor.text === '') this.#leave();
        else this.#press('delete');
        return;
      default:
        this.#press(key.name);
    }
  }

  #press(name: KeyName): void {
    this.#editor.press(name);
    this.#redraw();
  }

  #interrupt(): void {
    const wasEmpty = this.#editor.text === '';
    this.#finishLine('^C');
    this.#editor.clear();
    if (wasEmpty) this.#options.interrupted?.();
    // The answer to an interrupt may have been to close this terminal.
    if ((this.#state as State).kind === 'editing') this.#draw();
  }

  #help(): void {
    this.#finishLine('?');
    this.#show(this.#shell.help(this.#editor.beforeCursor));
  }

  #complete(listAll: boolean): void {
    const before = this.#editor.beforeCursor;
    const { text, candidates } = this.#shell.complete(before);
    if (text !== before) {
      this.#editor.replaceBeforeCursor(text);
      this.#redraw();
    } else if (candidates.length > 1 && listAll) {
      this.#finishLine();
      this.#show(candidates.join('  '));
    } else this.#write(bell);
  }

  #run(line: string): void {
    if (line.trim() === '') {
      this.#draw();
      return;
    }
    const abort = new AbortController();
    const reply = this.#execute(line, abort.signal);
    if (!(reply instanceof Promise)) {
      this.#answered(reply);
      return;
    }
    this.#state = { kind: 'running', abort };
    void reply.catch(failureReply).then((late) => {
      if (this.#state.kind !== 'running') return;
      this.#answered(late);
      this.#handleKeys();
    });
  }

  #execute(line: string, signal: AbortSignal): Reply | Promise<Reply> {
    try {
      return this.#shell.execute(line, signal);
    } catch (error) {
      return failureReply(error);
    }
  }

  #answered({ text }: Reply): void {
    this.#state = { kind: 'editing' };
    if (!this.#shell.ended()) {
      this.#show(text);
      return;
    }
    if (text !== '') this.#writeLines(safeText(text).split('\n'));
    this.#end();
  }

  /** Shows the text of an answer, a page at a time, then the prompt. */
  #show(text: string): void {
    const rows = text === '' ? [] : rowsOf(safeText(text.replace(/\n$/, '')), this.#columns);
    this.#showPage(rows, 0, this.#pageRows());
  }

  #pageRows(): number {
    return this.#shell.pageRows() ?? Math.max(0, this.#rows - 1);
  }

  #showPage(rows: readonly string[], shown: number, count: number): void {
    const end = count === 0 ? rows.length : Math.min(rows.length, shown + count);
    this.#writeLines(rows.slice(shown, end));
    if (end < rows.length) {
      this.#state = { kind: 'paging', rows, shown: end };
      this.#write(moreText);
      return;
    }
    this.#state = { kind: 'editing' };
    this.#writeLines(this.#held);
    this.#held = [];
    this.#draw();
  }

  #page(key: Key, { rows, shown }: State & { kind: 'paging' }): void {
    this.#write(`\r${csi('K')}`);
    const typed = key.kind === 'text' ? key.text.toLowerCase() : key.name;
    if (typed === 'enter') this.#showPage(rows, shown, 1);
    else if (typed === ' ') this.#showPage(rows, shown, this.#pageRows());
    else if (['q', 'interrupt', 'endOfInput'].includes(typed)) this.#showPage([], 0, 0);
    else this.#write(moreText);
  }

  #leave(): void {
    const { stays } = this.#options;
    if (stays === undefined) {
      this.#end();
      return;
    }
    this.#finishLine();
    this.#show(stays);
  }

  #end(): void {
    this.close();
    this.#options.ended();
  }

  #position(text: string) {
    return positionAfter(this.#shell.prompt() + text, this.#columns);
  }

  /** Leaves the line as it stands and goes to the row below it. */
  #finishLine(mark = ''): void {
    const { text, cursor } = this.#editor;
    const down = this.#position(text).row - this.#cursorRow;
    const toLastRow = down > 0 ? csi(`${down}B`) : '';
    this.#write(`${toLastRow}${cursor === text.length ? mark : ''}\r\n`);
    this.#cursorRow = 0;
  }

  #eraseLine(): void {
    const up = this.#cursorRow > 0 ? csi(`${this.#cursorRow}A`) : '';
    // tmux takes "erase below" in the first column of the first row for a cleared screen, and keeps what
    // stood there for scrolling back: a copy of the prompt for each key. So that column is erased alone.
    this.#write(`\r${up}${csi('K')}${csi('C')}${eraseBelow}\r`);
    this.#cursorRow = 0;
  }

  #redraw(): void {
    this.#eraseLine();
    this.#draw();
  }

  /** Writes the prompt and the line, and puts the cursor where it belongs. */
  #draw(): void {
    const { text, beforeCursor } = this.#editor;
    const end = this.#position(text);
    const cursor = this.#position(beforeCursor);
    // A row that is exactly full leaves the cursor waiting at its end.
    const wrap = end.column === 0 && end.row > 0 ? '\r\n' : '';
    const up = end.row > cursor.row ? csi(`${end.row - cursor.row}A`) : '';
    const right = cursor.column > 0 ? csi(`${cursor.column}C`) : '';
    this.#write(`${this.#shell.prompt()}${text}${wrap}${up}\r${right}`);
    this.#cursorRow = cursor.row;
  }

  #writeLines(lines: readonly string[]): void {
    if (lines.length > 0) this.#write(`${lines.join('\r\n')}\r\n`);
  }

  #write(text: string): void {
    this.#options.write(text);
  }
}
