/**
 * Compares a JSON document with the pattern of an `expect/*.json` file: an object must have at least
 * the members of the pattern, a list the same length, a string between slashes is a regular
 * expression, and null stands for anything that is there.
 */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** The differences, one line each, with the path of the value; empty when it matches. */
export function matchJson(pattern: Json, actual: Json | undefined, path = '$'): readonly string[] {
  if (actual === undefined) return [`${path}: missing`];
  if (pattern === null) return [];
  if (Array.isArray(pattern)) return matchList(pattern, actual, path);
  if (typeof pattern === 'object') return matchObject(pattern as JsonObject, actual, path);
  const expression = typeof pattern === 'string' ? /^\/(.*)\/$/.exec(pattern)?.[1] : undefined;
  const matches =
    expression === undefined
      ? pattern === actual
      : (typeof actual === 'string' || typeof actual === 'number') &&
        new RegExp(expression).test(String(actual));
  return matches ? [] : [`${path}: ${JSON.stringify(actual)} is not ${JSON.stringify(pattern)}`];
}

type JsonObject = { readonly [name: string]: Json };

function matchList(pattern: readonly Json[], actual: Json, path: string): readonly string[] {
  if (!Array.isArray(actual)) return [`${path}: ${JSON.stringify(actual)} is not a list`];
  if (pattern.length !== actual.length)
    return [`${path}: ${actual.length} elements instead of ${pattern.length}`];
  return pattern.flatMap((element, index) =>
    matchJson(element, actual[index], `${path}[${index}]`),
  );
}

function matchObject(pattern: JsonObject, actual: Json, path: string): readonly string[] {
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual))
    return [`${path}: ${JSON.stringify(actual)} is not an object`];
  const members = actual as JsonObject;
  return Object.entries(pattern).flatMap(([name, value]) =>
    matchJson(value, Object.hasOwn(members, name) ? members[name] : undefined, `${path}.${name}`),
  );
}
