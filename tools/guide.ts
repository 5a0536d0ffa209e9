/**
 * Reads the pages that people follow (README, docs/guide), so that a test can follow them too. What
 * stands behind the language of a fenced block says what the block is:
 *
 *     sh run              commands of a terminal, which end with status 0
 *     sh run fails        the same, with any other status
 *     sh start NAME       a command that goes on in a terminal of its own, until Ctrl-C
 *     headend             lines typed at the command line of the head-end
 *     text shows          what the block before prints, among other lines
 *     text shows NAME     what the terminal NAME prints
 *     cfg is FILE         a file of docs/guide/testbed; `text is FILE` for one that is no configuration
 *     cfg save FILE       a configuration that the reader writes; it loads
 *     cfg save FILE wrong one that does not load
 *     cfg add FILE        lines that load together with a file of docs/guide/testbed
 *
 * `root` behind `run`, `start`, `headend` or `save` says that the block needs root and the test bed's
 * network. The comment `<!-- ctrl-c NAME -->` is where the reader ends what runs in the terminal NAME.
 * Every other block is for looking at only.
 */

/** A fenced block, or a place where something is ended. */
export type Block = {
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language. */
  readonly words: readonly string[];
  readonly text: string;
};

/** The fenced blocks of a page in their order; a `ctrl-c` comment is a block of that language. */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    if (open) {
      if (line.trimEnd() === '```') {
        const [language = '', ...words] = open.info.split(/\s+/);
        blocks.push({ line: open.line, language, words, text: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(line);
      continue;
    }
    const fence = /^```(.*)$/.exec(line);
    if (fence) open = { line: index + 1, info: (fence[1] as string).trim(), lines: [] };
    const end = /^<!-- ctrl-c (\w+) -->$/.exec(line);
    if (end) blocks.push({ line: index + 1, language: 'ctrl-c', words: [end[1] ?? ''], text: '' });
  }
  return blocks;
}

const withoutBlocks = (page: string): string => page.replaceAll(/^```.*?^```$/gms, '');

/** The `show` commands that the text of a page mentions. */
export const showCommandsOf = (page: string): readonly string[] => [
  ...new Set([...withoutBlocks(page).matchAll(/`(show [^`]+)`/g)].map((m) => m[1] as string)),
];

/** Where the links and pictures of a page lead, other sites left out. */
export const linksOf = (page: string): readonly string[] =>
  [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"/g)]
    .map((m) => (m[1] ?? m[2]) as string)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors that the headings of a page make. */
export const anchorsOf = (page: string): readonly string[] =>
  [...withoutBlocks(page).matchAll(/^#+ (.+)$/gm)].map((m) =>
    (m[1] as string)
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

/** The files and folders that a page names in code spans, as `src/base/address.ts` or `src/engine`. */
export const pathsOf = (page: string): readonly string[] => [
  ...new Set(
    [...page.matchAll(/`((?:src|sim|labs|bench|tools|docs|bin|web|vectors)\/[\w./-]*)`/g)].map(
      (m) => m[1] as string,
    ),
  ),
];

/**
 * What differs from run to run, each with what may stand in its place. The first that fits a place of a
 * line is taken; addresses and small numbers fit none and have to be the same.
 */
const varying: readonly (readonly [what: RegExp, pattern: string])[] = [
  [/\d+\.\d+\.\d+\.\d+/y, ''],
  [/\.\.\./y, '.*'],
  [/\d+:\d\d:\d\d(?:\.\d+)?/y, '\\d+:\\d\\d:\\d\\d(?:\\.\\d+)?'],
  [/\dh:\d\dm:\d\ds/y, '\\d+h:\\d\\dm:\\d\\ds'],
  [/\d\d\/\d\d\/\d{4}/y, '\\d\\d/\\d\\d/\\d{4}'],
  [/(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} \d\d\b(?: \d{4})?/y, '[A-Za-z0-9 ]+'],
  [/\d+\.\d+\.\d+/y, '\\d+\\.\\d+\\.\\d+'],
  [/\d+(?:\.\d+)? ms/y, '[\\d.]+ ms'],
  [/0x[0-9a-f]+/iy, '0x[0-9a-fA-F]+'],
  [/(?=\w*\d)\b[0-9a-f]{7,16}\b/iy, '[0-9a-fA-F]+'],
  [/RPT=\d+/y, 'RPT=\\d+'],
  [/\d{3,}/y, '\\d+'],
  [/\s+/y, '\\s+'],
];

/** Fits what a line of a page looks like in another run. */
export function patternOf(line: string): RegExp {
  const text = line.trim();
  // An event begins with its number.
  const number = /^\d+(?= \d\d\/\d\d\/\d{4})/.exec(text)?.[0];
  let pattern = number === undefined ? '' : '\\d+';
  let at = number?.length ?? 0;
  while (at < text.length) {
    let taken = text[at] as string;
    let fits = taken.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
    for (const [what, instead] of varying) {
      what.lastIndex = at;
      const found = what.exec(text)?.[0];
      if (found === undefined) continue;
      taken = found;
      fits = instead === '' ? found.replaceAll('.', '\\.') : instead;
      break;
    }
    pattern += fits;
    at += taken.length;
  }
  return new RegExp(`^\\s*${pattern}\\s*$`);
}

/** The first line of `expected` that `output` lacks, other lines between them left out of account. */
export function missingLine(expected: string, output: string): string | undefined {
  const lines = output.split('\n');
  let at = 0;
  for (const line of expected.split('\n')) {
    if (line.trim() === '' || line.trim() === '...') continue;
    const pattern = patternOf(line);
    while (at < lines.length && !pattern.test(lines[at] as string)) at += 1;
    if (at === lines.length) return line;
    at += 1;
  }
  return undefined;
}
