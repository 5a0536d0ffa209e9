import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import type { ManagementPort } from '#adapters/http/management-port';
import { browser, chromiumPath, consoleFolder } from '#adapters/http/testing-browser';
import { startClusterDemo } from './cluster-demo-world.ts';

const anyWebPort = { port: 0, orAnyPort: true };

/** The demo with its page open in a browser, logged in as the administrator. */
async function watched(t: TestContext) {
  const told: string[] = [];
  const demo = await startClusterDemo(
    { say: (text) => told.push(text), encrypts: false },
    { ...anyWebPort, consoleFolder },
  );
  t.after(() => demo.close());
  demo.connect(() => {});
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${demo.web.address}/monitoring/load-balancing`);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').fill(demo.secrets.administrator);
  await page.keyboard.press('Enter');
  const card = (name: string) => page.locator('.member-card', { hasText: name });
  /** Waits until something is shown; what there is instead is part of the error. */
  const shown = (wanted: Locator) =>
    wanted.waitFor().catch(async (error: Error) => {
      const body = await page.locator('body').textContent();
      throw new Error([error.message, body, ...told].join('\n'));
    });
  return { demo, page, card, told, shown };
}

test('a failover is watched in the page: the master is cut off, another takes over, clients come back', {
  timeout: 300_000,
}, async (t) => {
  if (!chromiumPath) return t.skip('there is no Chromium here; apt-get install chromium');
  const { demo, page, card, told, shown } = await watched(t);
  const sessions = async () => {
    const texts = await page.locator('.member-load .muted').allTextContents();
    return texts.reduce((sum, text) => sum + Number(/^(\d+) of/.exec(text)?.[1] ?? 0), 0);
  };
  const until = async (read: () => Promise<boolean>) => {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await read()) return true;
      await page.waitForTimeout(100);
    }
    return false;
  };
  const all = demo.clients.length;
  assert.ok(await until(async () => (await sessions()) === all), 'every client has a session');
  const master = demo.members.find(({ isMaster }) => isMaster)?.name ?? '';
  await shown(card(master).getByText('Master', { exact: true }));
  const here = await card(master).locator('.member-load .muted').textContent();
  const lost = Number.parseInt(here ?? '', 10);
  assert.ok(lost > 0, 'the master has clients of its own');

  const button = page.getByRole('button', { name: `Cut the power of ${master}, the master` });
  await button.click();
  await shown(page.getByText(`${master} is gone without a word.`));
  assert.match(told.join('\n'), new RegExp(`${master} +Its power is cut$`, 'm'));
  await shown(card(master).getByText('Dead'));
  await shown(page.getByText(/^with member\d$/));
  const successor = demo.members.find(({ isMaster }) => isMaster)?.name ?? '';
  assert.notEqual(successor, master);
  await shown(page.getByText(`with ${successor}`, { exact: true }));
  assert.equal(await page.locator('.rail-head strong').textContent(), successor);

  assert.ok(await until(async () => (await sessions()) === all), 'every client is back');
  const redirects = await page.locator('.choice-table tbody tr').allTextContents();
  assert.ok(redirects.length >= lost);
  for (const text of redirects)
    assert.match(text, /127\.32\.1\.\d+ took 127\.69\.89\.78: .*is gone/s);

  await page.getByRole('button', { name: `Start ${master}` }).click();
  await shown(page.getByText(`${master} starts.`));
  await shown(card(master).getByText('Backup', { exact: true }));
  assert.equal(await page.getByText(`with ${successor}`, { exact: true }).count(), 1);
});

test('members of the encrypted demo speak in nothing old, and the demo hints at nothing to mend', async (t) => {
  const demo = await startClusterDemo({ say: () => {}, encrypts: true }, anyWebPort);
  t.after(() => demo.close());
  const rowsOf = (port: ManagementPort) => {
    const page = port.sessions({ sort: 'loginAt', descending: false, limit: 50 });
    return page.ok ? page.value.items : [];
  };
  const sessions = () =>
    demo.members.flatMap(({ management }) => (management ? rowsOf(management) : []));
  const findings = () =>
    demo.members.flatMap(({ management }) => management?.cluster.diagnosis().findings ?? []);
  const isThere = () => sessions().length === 6 && findings().length === 0;
  for (let tries = 0; !isThere() && tries < 600; tries += 1) await delay(100);
  assert.deepEqual(
    sessions().map(({ protocol, encryption, legacy }) => [protocol, encryption, legacy]),
    Array.from({ length: 6 }, () => ['VCA/IPSec', 'AES-GCM-256', []]),
  );
  assert.deepEqual(findings(), []);
});
