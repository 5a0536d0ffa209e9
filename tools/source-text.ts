/** A source file seen three ways, all of the same length, so that an offset means the same in each. */
export type SourceText = {
  readonly raw: string;
  /** Comments are spaces. */
  readonly withoutComments: string;
  /** Comments and the contents of string, template and regular expression literals are spaces. */
  readonly code: string;
};

export type ImportFound = {
  readonly specifier: string;
  /** Whether the statement brings types only, so that nothing is loaded. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
};

export type FunctionFound = {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
};

/** The line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
}

const regexMayFollow = /(?:^|[=([{,;:!&|?+\-*%~^<>}]|=>|\b(?:return|typeof|case|in|of|do|else))$/;

/** The end of a quoted literal that starts at `start`: the offset behind its closing quote. */
function quotedEnd(raw: string, start: number): number {
  const quote = raw[start];
  for (let i = start + 1; i < raw.length; i += 1) {
    if (raw[i] === '\\') i += 1;
    else if (raw[i] === quote) return i + 1;
    else if (raw[i] === '\n') return i;
  }
  return raw.length;
}

function regexEnd(raw: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < raw.length; i += 1) {
    const c = raw[i];
    if (c === '\\') i += 1;
    else if (c === '\n') return start + 1;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '/' && !inClass) return i + 1;
  }
  return start + 1;
}

/** The end of the text part of a template: behind its closing backtick, or at the `${` of a hole. */
function templateEnd(raw: string, start: number): { readonly end: number; readonly hole: boolean } {
  for (let i = start; i < raw.length; i += 1) {
    if (raw[i] === '\\') i += 1;
    else if (raw[i] === '`') return { end: i + 1, hole: false };
    else if (raw[i] === '$' && raw[i + 1] === '{') return { end: i, hole: true };
  }
  return { end: raw.length, hole: false };
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');
/** Keeps the delimiters, so that a blanked literal still looks like one. */
const hollow = (text: string): string => text.replaceAll(/(?!^['"`/}])(?!['"`/]$)[^\n]/g, ' ');

/** Reads TypeScript without JSX well enough to tell code from comments and literals. */
export function readSource(raw: string): SourceText {
  const kept: string[] = [];
  const code: string[] = [];
  const emit = (text: string, kind: 'code' | 'comment' | 'literal') => {
    kept.push(kind === 'comment' ? blank(text) : text);
    code.push(kind === 'code' ? text : kind === 'comment' ? blank(text) : hollow(text));
  };
  // Brace depth inside each open template hole; the last one is the innermost.
  const holes: number[] = [];
  let before = '';
  let i = 0;
  const template = (start: number, textStart: number) => {
    const { end, hole } = templateEnd(raw, textStart);
    emit(raw.slice(start, end), 'literal');
    i = end;
    if (!hole) return;
    emit('${', 'code');
    holes.push(0);
    i += 2;
  };
  while (i < raw.length) {
    const c = raw[i] as string;
    const next = raw[i + 1];
    if (c === '/' && (next === '/' || next === '*')) {
      const close = next === '/' ? raw.indexOf('\n', i) : raw.indexOf('*/', i + 2) + 2;
      const end = close < i + 2 ? raw.length : close;
      emit(raw.slice(i, end), 'comment');
      i = end;
      continue;
    }
    if (c === "'" || c === '"' || (c === '/' && regexMayFollow.test(before))) {
      const end = c === '/' ? regexEnd(raw, i) : quotedEnd(raw, i);
      emit(raw.slice(i, end), 'literal');
      i = end;
      before = 'literal';
      continue;
    }
    const depth = holes.at(-1);
    if (c === '`') {
      template(i, i + 1);
      before = 'literal';
      continue;
    }
    if (c === '}' && depth === 0) {
      holes.pop();
      template(i, i + 1);
      before = 'literal';
      continue;
    }
    if (depth !== undefined && (c === '{' || c === '}'))
      holes[holes.length - 1] = depth + (c === '{' ? 1 : -1);
    emit(c, 'code');
    if (!/\s/.test(c)) before = (before + c).slice(-8);
    else if (/\w$/.test(before)) before += ' ';
    before = before.replace(/\s+$/, '');
    i += 1;
  }
  return { raw, withoutComments: kept.join(''), code: code.join('') };
}

const importStatement =
  /^[ \t]*(?:import|export)\s+(type\s)?([^'";]*?)\s*from\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** Every module that the source imports, loads or exports from. */
export function importsOf(source: SourceText): ImportFound[] {
  const found: ImportFound[] = [];
  for (const m of source.withoutComments.matchAll(importStatement)) {
    // An import that only looks like one, inside a string, is blank in `code`.
    const keyword = m.index + m[0].search(/\S/);
    if (source.code.slice(keyword, keyword + 6).trim() === '') continue;
    found.push({
      specifier: (m[3] ?? m[4] ?? m[5]) as string,
      typeOnly: m[1] !== undefined,
      names: [...(m[2] ?? '').matchAll(/[\w$]+/g)].map((n) => n[0]),
      line: lineAt(source.raw, keyword),
    });
  }
  return found;
}

/** The offset behind the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  const opener = code[open] as string;
  const closer = opener === '(' ? ')' : opener === '{' ? '}' : '>';
  let depth = 0;
  for (let i = open; i < code.length; i += 1) {
    if (code[i] === opener) depth += 1;
    else if (code[i] === closer && code[i - 1] !== '=') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return code.length;
}

/** Where the body of a function starts whose parameter list ended at `from`; undefined for a call. */
function bodyStart(code: string, from: number): number | undefined {
  let i = from;
  while (/\s/.test(code[i] ?? '')) i += 1;
  if (code[i] === '{') return i;
  if (code[i] !== ':') return undefined;
  let previous = ':';
  for (i += 1; i < code.length; i += 1) {
    const c = code[i] as string;
    if (c === ';' || (c === '=' && code[i + 1] !== '>')) return undefined;
    if (c === '{') {
      if (!/[:|&<,(]/.test(previous)) return i;
      i = closing(code, i) - 1;
    }
    if (/\S/.test(c)) previous = c;
  }
  return undefined;
}

const declared = /\bfunction\b\s*\*?\s*([\w$]*)\s*(?=[(<])/g;
const method =
  /^[ \t]+(?:(?:static|async|override|get|set)\s+)*\*?(?!(?:if|for|while|switch|catch|return|function|await|new)\b)(#?[\w$]+)(?=[(<])/gm;
const arrow = /(?:([\w$]+)\s*=\s*(?:async\s*)?[^=;{}]*)?=>\s*(?=\{)/g;

/** Every function with a body in braces, with the number of lines from its name to its last brace. */
export function functionsOf(source: SourceText): FunctionFound[] {
  const { code } = source;
  const bodies = new Map<number, FunctionFound>();
  const measure = (name: string, start: number, body: number | undefined) => {
    if (body === undefined || bodies.has(body)) return;
    const line = lineAt(code, start);
    bodies.set(body, { name, line, lines: lineAt(code, closing(code, body)) - line + 1 });
  };
  for (const pattern of [declared, method])
    for (const m of code.matchAll(pattern)) {
      let i = m.index + m[0].length;
      if (code[i] === '<') i = closing(code, i);
      if (code[i] !== '(') continue;
      measure(m[1] || 'function', m.index + m[0].search(/\S/), bodyStart(code, closing(code, i)));
    }
  for (const m of code.matchAll(arrow)) {
    const body = m.index + m[0].length;
    measure(m[1] ?? 'arrow function', m[1] === undefined ? body : m.index, body);
  }
  return [...bodies.values()];
}
