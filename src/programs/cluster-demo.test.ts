import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ManagementPort } from '#adapters/http/management-port';
import { browser, chromiumPath, consoleFolder } from '#adapters/http/testing-browser';
import { startClusterDemo } from './cluster-demo-world.ts';

/** The demo with its page open in a browser, logged in as the administrator. */
async function watched(t: TestContext) {
  const told: string[] = [];
  const demo = await startClusterDemo(
    { say: (text) => told.push(text), encrypts: false },
    { port: 0, orAnyPort: true, consoleFolder },
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
  return { demo, page, card, told };
}

test('a failover is watched in the page: the master is cut off, another takes over, clients come back', {
  timeout: 300_000,
}, async (t) => {
  if (!chromiumPath) return t.skip('there is no Chromium here; apt-get install chromium');
  const { demo, page, card, told } = await watched(t);
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
  await card(master).getByText('Master', { exact: true }).waitFor();
  const here = await card(master).locator('.member-load .muted').textContent();
  const lost = Number.parseInt(here ?? '', 10);
  assert.ok(lost > 0, 'the master has clients of its own');

  const button = page.getByRole('button', { name: `Cut the power of ${master}, the master` });
  await button.click();
  await page.getByText(`${master} is gone without a word.`).waitFor();
  assert.match(told.join('\n'), new RegExp(`${master} +Its power is cut$`, 'm'));
  await card(master).getByText('Dead').waitFor();
  await page.getByText(/^with member\d$/).waitFor();
  const successor = demo.members.find(({ isMaster }) => isMaster)?.name ?? '';
  assert.notEqual(successor, master);
  await page.getByText(`with ${successor}`, { exact: true }).waitFor();
  assert.equal(await page.locator('.rail-head strong').textContent(), successor);

  assert.ok(await until(async () => (await sessions()) === all), 'every client is back');
  const redirects = await page.locator('.choice-table tbody tr').allTextContents();
  assert.ok(redirects.length >= lost);
  for (const text of redirects)
    assert.match(text, /127\.32\.1\.\d+ took 127\.69\.89\.78: .*is gone/s);

  await page.getByRole('button', { name: `Start ${master}` }).click();
  await card(master).getByText('Backup', { exact: true }).waitFor();
  assert.equal(await page.getByText(`with ${successor}`, { exact: true }).count(), 1);
});

test('members of the encrypted demo speak in nothing old, and the demo hints at nothing to mend', async (t) => {
  const demo = await startClusterDemo(
    { say: () => {}, encrypts: true },
    { port: 0, orAnyPort: true },
  );
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
