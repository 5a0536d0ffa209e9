import { differences, formatDifferences } from './commit.ts';
import type { Configuration } from './configuration.ts';
import { exec, type Outcome } from './exec.ts';
import { frameListing } from './frame.ts';
import type { Grammar } from './grammar.ts';
import { habitCommands } from './habit-commands.ts';
import { formatListing, type Listed, type ListedSection, listConfiguration } from './listing.ts';
import { flag, optional } from './path.ts';
import { dialectOf } from './system.ts';
import { int, rest } from './tokens.ts';

/** What the commands of the command line itself ask of whoever runs it. */
export type ConsoleRequest =
  /** Write this text to the startup file; it holds secrets. */
  | { readonly kind: 'saveConfiguration'; readonly text: string }
  /** Show long answers so many rows at a time; 0 for all at once. */
  | { readonly kind: 'pageRows'; readonly rows: number }
  | { readonly kind: 'closeSession' };

/** Whose configuration the command line shows and changes. */
export type ConfigurationOwner = {
  running(): Configuration;
  /** What was saved last; undefined when nothing was. */
  startup(): Configuration | undefined;
  /**
   * Makes a candidate that verification accepted the running configuration; cannot fail. `typed` is the
   * line that made it, as people see it, after the lines of its modes.
   */
  apply(candidate: Configuration, typed: readonly string[]): void;
  /** What has not happened yet although it was applied: phrases for whoever typed the line. */
  pending?(before: Configuration, after: Configuration): readonly string[];
};

/** What these commands work on. */
export type Console = {
  readonly grammar: Grammar;
  readonly owner: ConfigurationOwner;
  /** Enters the configuration mode. */
  configure(): void;
  /** Leaves one mode; false when there was none to leave. */
  leave(): boolean;
  /** Leaves all modes. */
  leaveAll(): void;
};

const command = exec<Console, ConsoleRequest>();
const nothing: Outcome<ConsoleRequest> = { kind: 'text', text: '' };
const text = (lines: string) => ({
  kind: 'text' as const,
  text: lines.replace(/\n$/, ''),
});

/** The text that a startup file holds: everything needed to load again, secrets included. */
export function startupText(grammar: Grammar, configuration: Configuration): string {
  const dialect = dialectOf(configuration);
  const sections = listConfiguration(grammar, configuration, { audience: 'file' });
  return frameListing(formatListing(sections, dialect), dialect);
}

/** The listing of a configuration as people see it. */
function listingFor(
  { grammar }: Console,
  configuration: Configuration,
  defaults = false,
): readonly ListedSection[] {
  return listConfiguration(grammar, configuration, { audience: 'person', defaults });
}

/** The lines that begin with these words, which may be abbreviated, with what is inside them. */
function partOf(sections: readonly ListedSection[], words: string): readonly ListedSection[] {
  const wanted = words.toLowerCase().split(/\s+/);
  const fits = ({ text: line }: Listed) => {
    const have = line.toLowerCase().split(' ');
    return wanted.every((w, i) => have[i]?.startsWith(w));
  };
  return sections
    .map(({ section, lines }) => ({ section, lines: lines.filter(fits) }))
    .filter(({ lines }) => lines.length > 0);
}

function showListing(console: Console, configuration: Configuration) {
  const dialect = dialectOf(configuration);
  return text(frameListing(formatListing(listingFor(console, configuration), dialect), dialect));
}

const save = (console: Console): Outcome<ConsoleRequest> => ({
  kind: 'request',
  request: {
    kind: 'saveConfiguration',
    text: startupText(console.grammar, console.owner.running()),
  },
});

const showRunning = command({
  path: [
    'show running-config',
    flag('all', 'all', 'Defaults too'),
    optional(rest('part', 'Only the lines that begin so')),
  ],
  words: { show: 'Show something', 'running-config': 'The configuration in force' },
  help: 'Shows the configuration in force, or the part of it that begins with some words.',
  since: '004:254',
  run(console, { all, part }) {
    const running = console.owner.running();
    const dialect = dialectOf(running);
    const sections = listingFor(console, running, all);
    if (part !== undefined) return text(formatListing(partOf(sections, part), 'pix').join('\n'));
    return text(frameListing(formatListing(sections, dialect), dialect));
  },
});

const showStartup = command({
  path: ['show startup-config'],
  also: [['show configuration']],
  words: {
    'startup-config': 'The configuration that was saved',
    configuration: 'The configuration that was saved',
  },
  help: 'Shows the configuration that was saved last.',
  run(console) {
    const startup = console.owner.startup();
    return startup
      ? showListing(console, startup)
      : { kind: 'error', text: '% No configuration was saved' };
  },
});

const showChanges = command({
  path: ['show configuration changes'],
  words: { changes: 'What was changed since it was saved' },
  help: 'Shows what was changed since the configuration was saved.',
  run({ grammar, owner }) {
    const startup = owner.startup();
    if (!startup) return { kind: 'error', text: '% No configuration was saved' };
    const changes = differences(grammar, startup, owner.running());
    return text(changes.length === 0 ? 'Nothing was changed' : formatDifferences(changes));
  },
});

const writeTerminal = command({
  path: ['write terminal'],
  words: { write: 'Write the configuration', terminal: 'To this terminal' },
  help: 'Shows the configuration in force.',
  since: '002:99',
  run(console) {
    const running = console.owner.running();
    const listing = showListing(console, running);
    return dialectOf(running) === 'pix' ? text(`${listing.text}\n[OK]`) : listing;
  },
});

const writeMemory = command({
  path: ['write memory'],
  also: [['write'], ['copy running-config startup-config']],
  words: {
    write: 'Write the configuration',
    memory: 'To the startup file',
    copy: 'Copy a configuration',
    'running-config': 'The configuration in force',
    'startup-config': 'The configuration for the next start',
  },
  help: 'Saves the configuration in force for the next start.',
  run: save,
});

const configureTerminal = command({
  path: ['configure terminal'],
  also: [['configure']],
  words: { configure: 'Change the configuration', terminal: 'From this terminal' },
  help: 'Enters the configuration mode. Each line takes effect at once; a wrong one changes nothing.',
  run(console) {
    console.configure();
    return nothing;
  },
});

const exit = command({
  path: ['exit'],
  also: [['quit'], ['logout']],
  words: { exit: 'Leave this mode', quit: 'Leave this mode', logout: 'Leave this mode' },
  help: 'Leaves the mode, or the command line.',
  run: (console) =>
    console.leave() ? nothing : { kind: 'request', request: { kind: 'closeSession' } },
});

const end = command({
  path: ['end'],
  // `en` means `enable` to everybody.
  whole: true,
  words: { end: 'Leave the configuration mode' },
  help: 'Leaves the configuration mode.',
  run(console) {
    console.leaveAll();
    return nothing;
  },
});

const enable = command({
  path: ['enable'],
  words: { enable: 'Get the right to change the configuration' },
  help: 'Asks for the right to change the configuration, which this command line has already.',
  run: () => nothing,
});

/** More rows than any terminal has. */
const mostRows = 2_147_483_647;

const terminalPager = command({
  path: ['terminal pager', int('rows', 0, mostRows, 'Rows of a page, 0 for no pages')],
  also: [
    ['terminal pager lines', int('rows', 0, mostRows, 'Rows of a page, 0 for no pages')],
    ['terminal length', int('rows', 0, mostRows, 'Rows of a page, 0 for no pages')],
  ],
  words: {
    terminal: 'Set up this terminal',
    pager: 'Set the rows of a page',
    lines: 'Set the rows of a page',
    length: 'Set the rows of a page',
  },
  help: 'Shows long answers so many rows at a time on this terminal, or all at once with 0.',
  run: (_, { rows }) => ({ kind: 'request', request: { kind: 'pageRows', rows } }),
});

const terminalWidth = command({
  path: ['terminal width', int('columns', 0, 511, 'Columns')],
  words: { terminal: 'Set up this terminal', width: 'Set the columns' },
  help: 'Accepted for scripts that send it; the width is that of the terminal.',
  run: () => nothing,
});

/** The commands that every command line has. */
export const consoleCommands = [
  showRunning,
  showStartup,
  showChanges,
  writeTerminal,
  writeMemory,
  configureTerminal,
  enable,
  terminalPager,
  terminalWidth,
  exit,
  end,
  ...habitCommands,
] as const;
