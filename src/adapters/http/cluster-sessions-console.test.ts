import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { accessibilityProblems, eventually, logIn, open, story } from './testing-browser.ts';
import { testMember } from './testing-cluster.ts';
import type { TestingPort } from './testing-port.ts';

/** This device is .131, with one client; .129 has two, and .130 does not answer. */
function threeMembers(port: TestingPort): void {
  port.cluster.gather(
    testMember(131, { role: 'master' }),
    testMember(129),
    testMember(130, { condition: 'suspect' }),
  );
  port.addSession({ username: 'carl', publicAddress: '172.18.124.96' });
  const [own] = port.cluster.listed();
  assert.ok(own);
  const there = { ...own, durationMs: 785_000, bytesTx: 280, bytesRx: 16_112 };
  port.cluster.elsewhere.set('10.32.1.129', [
    { ...there, username: 'anna', index: 7, publicAddress: '172.18.124.97' },
    { ...there, username: 'bert', index: 9, publicAddress: '172.18.124.98' },
  ]);
}

/** The first two cells of each row, each with what stands in its lines. */
const rows = (page: Page) =>
  page.locator('.session-table tbody tr').evaluateAll((all) =>
    all.map((row) =>
      [...row.querySelectorAll('th, td')]
        .slice(0, 2)
        .map((cell) => [...cell.children].map((line) => line.textContent).join(' '))
        .join(' | '),
    ),
  );

story(
  'LB-62 LB-66: the sessions of the whole cluster stand with their member; who is silent is named',
  async (t) => {
    const { page, port } = await open(t);
    threeMembers(port);
    await logIn(page);
    await eventually(
      () => rows(page),
      ['anna #7 | n129 10.32.1.129', 'bert #9 | n129 10.32.1.129', 'carl #1 | n131 10.32.1.131'],
    );
    await page.getByText('Sessions of n130 are missing: it does not answer now.').waitFor();
    const summaries = page.getByRole('region', { name: 'Session summary by member' });
    const states = () => summaries.locator('tbody tr td:nth-child(2)').allInnerTexts();
    assert.deepEqual(await states(), ['Answers', 'Does not answer', 'Answers']);
    const anna = page.locator('.session-table tbody tr', { hasText: 'anna' });
    await anna.getByText('0:13:05').waitFor();
    await anna.getByText('16,112').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  },
);

story('a session of this member can be logged out there, those of others cannot', async (t) => {
  const { page, port } = await open(t);
  threeMembers(port);
  await logIn(page);
  await page.getByRole('button', { name: 'Log out carl, session 1' }).click();
  await page.getByRole('button', { name: 'Log out', exact: true }).last().click();
  await eventually(async () => port.loggedOff.length, 1);
  assert.equal(await page.getByRole('button', { name: /Log out (anna|bert)/ }).count(), 0);
  await eventually(async () => (await rows(page)).length, 2);
});

story('LB-61: a click on the name of a session elsewhere shows what is known of it', async (t) => {
  const { page, port } = await open(t);
  threeMembers(port);
  await logIn(page);
  await page.getByRole('button', { name: 'anna', exact: true }).click();
  const drawer = page.locator('.drawer');
  await drawer.getByText('172.18.124.97').waitFor();
  await drawer.getByText(/security associations are with member 10\.32\.1\.129/).waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await eventually(() => page.evaluate('document.activeElement.textContent'), 'anna');
  await page.getByRole('button', { name: 'carl', exact: true }).click();
  await drawer.getByText('172.18.124.96').first().waitFor();
});

story('a member alone lists its own sessions, and asks nobody', async (t) => {
  const { page, port } = await open(t);
  threeMembers(port);
  await logIn(page);
  await page.getByRole('button', { name: 'This member' }).click();
  await eventually(async () => page.locator('.session-table tbody tr').count(), 1);
  await page.getByRole('region', { name: 'Session summary', exact: true }).waitFor();
  // What the server has heard may have been asked before.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.waitForTimeout(2500);
  assert.ok(!asked.includes('/api/v1/cluster/sessions'));
  await page.getByRole('button', { name: 'Whole cluster' }).click();
  await eventually(async () => page.locator('.session-table tbody tr').count(), 3);
});

story('outside of a cluster nothing of it is there, and nobody is asked', async (t) => {
  const { page, port } = await open(t);
  port.addSession({ username: 'carl' });
  await logIn(page);
  await page.getByRole('button', { name: 'carl', exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Whole cluster' }).count(), 0);
  assert.equal(port.cluster.sessionsAsked, 0);
});

story(
  'sorted the other way, filtered and page after page, the list is that of all members',
  async (t) => {
    const { page, port } = await open(t);
    threeMembers(port);
    const [own] = port.cluster.listed();
    assert.ok(own);
    const many = Array.from({ length: 60 }, (_, i) => ({
      ...own,
      username: `u${100 + i}`,
      index: i + 1,
    }));
    port.cluster.elsewhere.set('10.32.1.130', many);
    await logIn(page);
    await eventually(async () => (await rows(page)).length, 50);
    await page.getByText('1–50 of 63').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await eventually(async () => (await rows(page)).length, 13);
    await page.getByRole('button', { name: 'Username' }).click();
    await eventually(async () => (await rows(page))[0], 'u159 #60 | n130 10.32.1.130');
    await page.getByLabel('Filter sessions').fill('BERT');
    await eventually(() => rows(page), ['bert #9 | n129 10.32.1.129']);
  },
);

for (const [width, colorScheme] of [
  [360, 'dark'],
  [768, 'light'],
] as const)
  story(`the list of all members is readable, ${colorScheme} and ${width} wide`, async (t) => {
    const { page, port } = await open(t, { viewport: { width, height: 900 }, colorScheme });
    threeMembers(port);
    await logIn(page);
    await eventually(async () => (await rows(page)).length, 3);
    await page.getByText('Sessions of n130 are missing').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  });
