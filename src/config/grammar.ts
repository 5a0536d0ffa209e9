import { assert } from '#base/assert';
import type { Configuration } from './configuration.ts';
import { DIALECTS, type Dialect } from './dialect.ts';
import { type Finding, LISTING_ORDER, type Room, type Section } from './room.ts';
import { type Declaration, type Keys, type ModeDeclaration, Refusal } from './setting.ts';
import { type Spelling, spell } from './spelling.ts';

/** The configuration language: the declarations of every room, ready to be matched and listed. */
export type Grammar = {
  /** In the order of a listing. */
  readonly sections: readonly Section[];
  /** Every way to write a command of a mode (undefined: the global one), negations included. */
  spellings(mode: ModeDeclaration | undefined, dialect: Dialect): readonly Spelling<Declaration>[];
  /** The commands inside a mode, whichever room declares them. */
  commandsOf(mode: ModeDeclaration): readonly Declaration[];
  /** What all rooms have to say about a configuration. */
  verify(configuration: Configuration): readonly Finding[];
};

/** Whether a command exists in a dialect. */
export const inDialect = (
  command: { readonly dialects?: readonly Dialect[] },
  dialect: Dialect,
): boolean => command.dialects?.includes(dialect) ?? true;

/** Puts the rooms together. Throws when two of them claim one slice: a mistake of the program. */
export function grammarOf(rooms: readonly Room[]): Grammar {
  const names = rooms.flatMap((room) => room.slices.map((s) => s.name));
  assert(new Set(names).size === names.length, `slices share a name: ${names.join(', ')}`);
  const sections = rooms
    .flatMap((room) => room.sections)
    .sort((a, b) => LISTING_ORDER.indexOf(a.place) - LISTING_ORDER.indexOf(b.place));
  const commands = sections.flatMap((s) => s.commands);
  const modes = [undefined, ...commands.filter((c) => c.kind === 'mode')];
  const inside = new Map(
    modes.map((mode) => [mode, commands.filter((c) => c.scope.mode === mode)]),
  );
  const commandsOf = (mode: ModeDeclaration | undefined) => inside.get(mode) ?? [];
  // A start reads one dialect and few modes of it, so that the others are spelled when they are wanted.
  const tables = new Map(
    DIALECTS.map((dialect) => [
      dialect,
      new Map<ModeDeclaration | undefined, readonly Spelling<Declaration>[]>(),
    ]),
  );
  return {
    sections,
    spellings(mode, dialect) {
      const table = tables.get(dialect);
      const known = table?.get(mode);
      if (known) return known;
      const spellings = spellingsOf(commandsOf(mode), dialect);
      table?.set(mode, spellings);
      return spellings;
    },
    commandsOf,
    verify: (configuration) => rooms.flatMap((room) => room.verify?.(configuration) ?? []),
  };
}

function spellingsOf(commands: readonly Declaration[], dialect: Dialect): Spelling<Declaration>[] {
  const spellings: Spelling<Declaration>[] = [];
  for (const command of commands) {
    if (!inDialect(command, dialect)) continue;
    const words = command.words ?? {};
    const whole = command.noEffect ?? false;
    for (const path of [command.path, ...command.also]) {
      spellings.push(spell(command, { path, words }, { whole }));
      if (command.negatable)
        spellings.push(
          spell(command, { path, words }, { negated: true, key: keyOf(command), whole }),
        );
    }
  }
  return spellings;
}

/** The tokens that a `no` line needs; for a mode all that are not optional. */
const keyOf = (command: Declaration): readonly string[] =>
  command.key !== undefined
    ? command.key
    : command.path.flatMap((i) => (typeof i !== 'string' && i.kind === 'token' ? [i.name] : []));

/** The configuration after a command, or why it refuses. */
export function applyCommand(
  configuration: Configuration,
  keys: Keys,
  { command, negated }: Spelling<Declaration>,
  values: Readonly<Record<string, unknown>>,
): Configuration | Refusal {
  const target = command.scope.get(configuration, keys) ?? command.scope.fresh(keys);
  const next =
    command.kind === 'mode'
      ? negated
        ? command.remove(target, values)
        : command.enter(target, values)
      : negated
        ? command.unset(target, values)
        : command.set(target, values);
  if (next instanceof Refusal) return next;
  return next === target ? configuration : command.scope.put(configuration, keys, next);
}
