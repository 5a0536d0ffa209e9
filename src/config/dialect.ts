/** The command languages that a configuration can be written in. */
export const DIALECTS = ['asa', 'pix', 'ios'] as const;
export type Dialect = (typeof DIALECTS)[number];
