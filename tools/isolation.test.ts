/** What the architecture promises of one room towards another, read from the sources. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const repository = resolve(import.meta.dirname, '..');
const ike = ['src/wire/isakmp', 'src/protocol/isakmp', 'src/ipsec'];

/** The modules that the sources of a folder import, tests left out. */
const importedBy = (folder: string): readonly (readonly [file: string, module: string])[] =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|testing/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(repository, folder, name), 'utf8');
      return [...text.matchAll(/from '([^']+)'/g)].map((m) => [name, m[1] ?? ''] as const);
    });

test('LB-10: IKE knows nothing of the cluster but the answer to one question: serve, redirect or refuse', () => {
  const found = ike.flatMap(importedBy);
  assert.ok(found.length > 300, 'the sources were found');
  const ofCluster = found.filter(([, module]) => /cluster|vcl/i.test(module));
  assert.deepEqual(ofCluster, []);
  const keying = readFileSync(join(repository, 'src/protocol/isakmp/policy.ts'), 'utf8');
  const admission = /export type Admission =([\s\S]*?);\n\n/.exec(keying)?.[1] ?? '';
  const kinds = [...admission.matchAll(/kind: '(\w+)'/g)].map((m) => m[1]);
  assert.deepEqual(kinds, ['serve', 'redirect', 'refuse']);
});
