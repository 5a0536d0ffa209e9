/**
 * Writes the references from the declarations: `node tools/docs.ts`. A test fails when what is in
 * `docs/reference` is not what this writes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metric } from '#adapters/http/metric';
import { metrics } from '#adapters/http/metric-table';
import { consoleCommands } from '#config/console-commands';
import type { Dialect } from '#config/dialect';
import type { ExecDeclaration } from '#config/exec';
import type { Grammar } from '#config/grammar';
import { type Path, syntaxOf, tokensOf } from '#config/path';
import type { Declaration, ModeDeclaration, SettingDeclaration } from '#config/setting';
import { headEndCatalogue, patBoxCatalogue } from '#engine/catalogue';
import { grammar } from '#engine/grammar';
import { headEndCommands } from '#engine/head-end-commands';
import type { EventDef } from '#events/event';
import { translationCommands } from '#features/nat/show-commands';

const DIALECT_NAMES: Readonly<Record<Dialect, string>> = { asa: 'ASA', pix: 'PIX', ios: 'IOS' };

const generated = 'Written by `node tools/docs.ts` from the declarations in the code.';

/** A command of any kind, as far as its entry needs it. */
type Documented = {
  readonly path: Path;
  readonly also: readonly Path[];
  readonly help: string;
  readonly dialects?: readonly Dialect[];
};

/** The values of a command, each with what it means. */
function valuesOf(path: Path): string[] {
  return tokensOf(path).map((token) => {
    const choices = Object.entries(token.choices ?? {});
    const listed = choices
      .map(([word, help]) => (help === '' ? `\`${word}\`` : `\`${word}\` ${help}`))
      .join('; ');
    return `- ${token.name}: ${choices.length > 0 ? listed : token.help}`;
  });
}

function entry(command: Documented, level: string, more: readonly string[] = []): string {
  const facts = [...more];
  if (command.also.length > 0)
    facts.push(`Also written ${command.also.map((path) => `\`${syntaxOf(path)}\``).join(', ')}.`);
  if (command.dialects)
    facts.push(`Dialects: ${command.dialects.map((d) => DIALECT_NAMES[d]).join(', ')}.`);
  const values = valuesOf(command.path);
  return [
    `${level} \`${syntaxOf(command.path)}\``,
    [command.help, ...facts].join(' '),
    ...(values.length > 0 ? [values.join('\n')] : []),
  ].join('\n\n');
}

/** How a setting is taken back. */
function negation({ path, key, negatable }: SettingDeclaration): string {
  if (!negatable) return 'It has no `no` form.';
  const lastKey = path.findLastIndex(
    (item) => typeof item !== 'string' && item.kind === 'token' && key.includes(item.name),
  );
  const firstValue = path.findIndex((item) => typeof item !== 'string');
  const end = lastKey >= 0 ? lastKey + 1 : firstValue >= 0 ? firstValue : path.length;
  return `Taken back by \`no ${syntaxOf(path.slice(0, end))}\`.`;
}

const modeEntry = (mode: ModeDeclaration): string =>
  entry(mode, '###', [
    `Enters the mode \`(${mode.prompt})#\`.`,
    `Taken back by \`no ${syntaxOf(mode.path)}\`.`,
  ]);

function declarationEntry(language: Grammar, command: Declaration): string[] {
  if (command.kind === 'setting') return [entry(command, '###', [negation(command)])];
  const inside = language
    .commandsOf(command)
    .flatMap((child) =>
      child.kind === 'setting' ? [entry(child, '####', [negation(child)])] : [],
    );
  return [modeEntry(command), ...inside];
}

/** Commands that are accepted without effect, in one table. */
const keptTable = (commands: readonly Declaration[]): string =>
  [
    '| command | what it is about on the other device |',
    '|---|---|',
    ...[...new Set(commands.map((c) => `| \`${syntaxOf(c.path)}\` | ${c.help} |`))],
  ].join('\n');

/** The reference of all commands, in the order of a listing. */
export function commandReference(language: Grammar, commands: readonly Documented[]): string {
  const parts = [
    '# Command reference',
    `${generated} Words may be abbreviated as long as they are unique; \`?\` and Tab help at each place of a line.`,
    '## At the prompt',
    ...[...new Map(commands.map((c) => [syntaxOf(c.path), c])).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, command]) => entry(command, '###')),
  ];
  for (const { title, place, commands: declared } of language.sections) {
    const own = declared.filter((command) => command.scope.mode === undefined);
    const body =
      place === 'kept'
        ? [keptTable(own)]
        : own.flatMap((command) => declarationEntry(language, command));
    parts.push(`## ${title}`, ...body);
  }
  return `${parts.join('\n\n')}\n`;
}

/** The reference of all events, by class. */
export function eventReference(events: readonly EventDef[]): string {
  const classes = [...new Set(events.map((e) => e.class))].sort();
  const row = (e: EventDef): string => {
    const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', '<br>');
    return `| ${e.number} | ${e.severity} | ${cell(e.text)} | ${cell(e.why)} | ${cell(e.remedy)} |`;
  };
  const tables = classes.map((name) =>
    [
      `## ${name}`,
      '',
      '| number | severity | text | what it means | what to do |',
      '|---|---|---|---|---|',
      ...events.filter((e) => e.class === name).map(row),
    ].join('\n'),
  );
  const head = [
    '# Event reference',
    `${generated} Severities run from 1, the gravest, to 13. \`event class CLASS severity-to-log A-B\` says which are written.`,
  ];
  return `${[...head, ...tables].join('\n\n')}\n`;
}

/** The reference of what `/metrics` tells. */
export function metricReference(declared: readonly Metric[]): string {
  const row = ({ name, type, labels, help }: Metric) =>
    `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
  return [
    '# Metric reference',
    '',
    `${generated} \`/metrics\` has them in the form of Prometheus, and those of the Node.js process beside them.`,
    '',
    '| name | type | labels | what it is |',
    '|---|---|---|---|',
    ...declared.map(row),
    '',
  ].join('\n');
}

/** Every reference by its path below the root. */
export function references(): ReadonlyMap<string, string> {
  const commands: readonly ExecDeclaration<never, unknown>[] = [
    ...consoleCommands,
    ...headEndCommands,
    ...translationCommands,
  ];
  const events = [...new Set([...headEndCatalogue, ...patBoxCatalogue])];
  return new Map([
    ['docs/reference/commands.md', commandReference(grammar, commands)],
    ['docs/reference/events.md', eventReference(events)],
    ['docs/reference/metrics.md', metricReference(metrics)],
  ]);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  mkdirSync(join(root, 'docs/reference'), { recursive: true });
  for (const [path, text] of references()) writeFileSync(join(root, path), text);
}
