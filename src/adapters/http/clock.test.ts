import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManagementServer } from './server.ts';
import { TestingPort } from './testing-port.ts';

const HOUR_MS = 3_600_000;

test('a wall clock that is set ends no login, and keeps nobody out', async (t) => {
  const realNow = Date.now();
  let stepMs = 0;
  t.mock.method(Date, 'now', () => realNow + stepMs);
  const server = createManagementServer(new TestingPort(0), { port: 0, consoleFolder: '/nowhere' });
  t.after(() => server.close());
  const { app } = server;
  const logIn = (password: string) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/login',
      payload: { user: 'admin', password, bearer: true },
    });

  const { token } = (await logIn('demo-password')).json();
  for (let i = 0; i < 6; i += 1) await logIn('guessed');
  const refused = await logIn('demo-password');
  assert.equal(refused.statusCode, 429);
  stepMs = -2 * HOUR_MS;
  const waitSeconds = Number((await logIn('demo-password')).headers['retry-after']);
  assert.ok(waitSeconds <= 12, `${waitSeconds} s`);
  stepMs = 24 * HOUR_MS;
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await app.inject({ url: '/api/v1/system', headers })).statusCode, 200);
});
