import { type Arguments, type EventDef, type EventSubject, occurred } from '#events/event';
import type { KeyingEffect } from './keying.ts';

/** The keying manager's own events, made only when somebody reads them. */
export class KeyingLog {
  readonly #wants: (eventClass: string, severity: number) => boolean;

  /** `wants` says whether anybody reads events of a class and severity. */
  constructor(wants: (eventClass: string, severity: number) => boolean) {
    this.#wants = wants;
  }

  write<T extends string>(
    out: KeyingEffect[],
    definition: EventDef<T>,
    subject: EventSubject,
    args: () => Arguments<T>,
  ): void {
    if (this.#wants(definition.class, definition.severity))
      out.push({ kind: 'event', record: occurred(definition, args(), subject) });
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown';
