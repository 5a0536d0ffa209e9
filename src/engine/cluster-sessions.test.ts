import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { parseListing } from '#config/parse';
import type { Pages } from '#features/cluster/sessions/inquiries';
import { ListedSessions, sessionNamed } from '#features/cluster/sessions/testing';
import type { SessionQuery } from '#views/views';
import { clusterSessions, type PageRefusal } from './cluster-sessions.ts';
import { grammar } from './grammar.ts';

const { configuration } = parseListing(grammar, 'hostname alone');
const NOW = instant(0);

test('LB-60: who is refused a page of the cluster does not cost this member a look at its own sessions', () => {
  const own = new ListedSessions([sessionNamed('anna', 1)]);
  const ask = (hasReadersEnough: boolean, cursor?: string) => {
    const needs = {
      own,
      configuration,
      cluster: {
        member: undefined,
        policy: undefined,
        hasReadersEnough,
        askPages: (_: unknown, done: (pages: Pages) => void) => {
          done(new Map());
          return [];
        },
      },
    };
    const query: SessionQuery = { sort: 'username', descending: false, limit: 50, cursor };
    const answers: (PageRefusal['kind'] | number)[] = [];
    clusterSessions(needs, query, NOW, (page) =>
      answers.push(page.ok ? page.value.items.length : page.error.kind),
    );
    return answers;
  };
  assert.deepEqual(ask(false, 'mine'), ['query']);
  assert.deepEqual(ask(true), ['device']);
  assert.equal(own.looks, 0);
  assert.deepEqual(ask(false), [1]);
  assert.equal(own.looks, 1);
});
