import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ClusterMemberView } from '#views/cluster-views';
import { accessibilityProblems, eventually, logIn, open, story } from './testing-browser.ts';
import { testMember } from './testing-cluster.ts';
import type { TestingPort } from './testing-port.ts';

const loadOf = (sessions: number) => ({ percent: sessions, sessions, limit: 100, inactive: 0 });

const master = (changes: Partial<ClusterMemberView> = {}) =>
  testMember(131, { role: 'master', priority: 10, load: loadOf(1), ...changes });

/** This device is the master .131 with two secondaries. */
function threeMembers({ cluster }: TestingPort): void {
  cluster.gather(
    master(),
    testMember(129, { deviceType: 'VPN3005', load: loadOf(7) }),
    testMember(130, { mappedAddress: '198.51.100.130' }),
  );
}

async function openPage(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Load Balancing' }).click();
  await page.getByRole('heading', { level: 1, name: /Statistics.*Load Balancing/ }).waitFor();
}

const card = (page: Page, name: string) => page.locator('.member-card', { hasText: name });
const cells = (page: Page, row: number) =>
  page.locator('.peer-table tbody tr').nth(row).locator('td').allInnerTexts();

story(
  'LB-51 LB-53 LB-55: the page of load balancing has header, peers in order, and not itself among them',
  async (t) => {
    const { page, port } = await open(t);
    threeMembers(port);
    await logIn(page);
    await openPage(page);
    const header = page.getByRole('region', { name: 'This member' });
    await eventually(
      async () => (await header.locator('dd').allTextContents()).slice(0, 4),
      ['Yes', 'Master', '1%', '2'],
    );
    const headings = await page.locator('.peer-table thead th').allInnerTexts();
    assert.deepEqual(headings.slice(0, 9), [
      'Private IP Address',
      'Public IP Address',
      'Mapped IP Address',
      'Role',
      'Device Type',
      'Load',
      'Sessions',
      'Priority',
      'Duration',
    ]);
    assert.equal(await page.locator('.peer-table tbody tr').count(), 2);
    assert.deepEqual((await cells(page, 0)).slice(0, 9), [
      '10.32.1.129',
      '172.18.124.129',
      '0.0.0.0',
      'Secondary',
      'VPN3005',
      '7%',
      '7',
      '5',
      '0:18:27',
    ]);
    assert.deepEqual((await cells(page, 1)).slice(2, 4), ['198.51.100.130', 'Secondary']);
  },
);

story(
  'LB-52: a secondary shows N/A for the load of the others, and says who knows it',
  async (t) => {
    const { page, port } = await open(t);
    port.cluster.gather(
      testMember(129, { load: loadOf(3) }),
      testMember(130, { load: undefined }),
      master({ load: undefined }),
    );
    await logIn(page);
    await openPage(page);
    await eventually(
      async () => (await cells(page, 1)).slice(3, 7),
      ['Master', 'VPN3030', 'N/A', 'N/A'],
    );
    await card(page, 'n130').getByText('Load known to the master only').waitFor();
    await card(page, 'n129').getByText('3 of 100 sessions').waitFor();
    await page.getByText(/Only the master decides.*n131; its console shows them/).waitFor();
  },
);

story(
  'a master that fails is seen, then its successor, and redirects with their reasons',
  async (t) => {
    const { page, port } = await open(t);
    const { cluster } = port;
    cluster.gather(
      testMember(129),
      testMember(130, { load: undefined }),
      master({ load: undefined }),
    );
    await logIn(page);
    await openPage(page);
    const address = page.locator('.cluster-address');
    await address.getByText('with n131').waitFor();
    cluster.gather(
      testMember(129),
      testMember(130, { load: undefined }),
      master({ load: undefined, condition: 'suspect', heard: { by: 'self', agoMs: 1400 } }),
    );
    await card(page, 'n131').getByText('Suspected').waitFor();
    cluster.gather(
      testMember(129, { role: 'master' }),
      testMember(130, { load: loadOf(12), suspected: { times: 3, lastAt: 0 } }),
      testMember(131, { role: 'off', condition: 'dead', load: undefined }),
    );
    cluster.findings = [
      { severity: 'problem', subject: 'n131', text: 'does not answer any more', remedy: 'Look.' },
    ];
    await card(page, 'n131').getByText('Dead').waitFor();
    await address.getByText('with n129').waitFor();
    await card(page, 'n129').getByText('Master', { exact: true }).waitFor();
    await card(page, 'n130').getByText('12 of 100 sessions').waitFor();
    await card(page, 'n130')
      .getByText(/Suspected 3 times, last Jan 0?1 /)
      .waitFor();
    const announced = page.locator('#content > [role=status]');
    await eventually(() => announced.textContent(), 'Master n129, n131 dead');
    await page.getByRole('region', { name: 'What to look after' }).getByText('Look.').waitFor();
    await page.getByText('No client was decided about yet').waitFor();
    cluster.choose({
      client: '172.18.124.96',
      member: '10.32.1.130',
      target: '172.18.124.130',
      explanation: '10.32.1.130 took 172.18.124.96: 1 % against 2 %',
    });
    cluster.choose({
      client: '172.18.124.97',
      rule: 'nobodyHasRoom',
      explanation: 'nobody took 172.18.124.97; 10.32.1.130 is full',
    });
    cluster.choose({
      client: '172.18.124.98',
      member: '10.32.1.129',
      target: '172.18.124.129',
      rule: 'masterIsLeast',
      outcome: 'master',
      explanation: 'the master has 1 % against 2 %',
    });
    const rows = page.locator('.choice-table tbody tr');
    await rows.nth(0).getByText('Taken by the master').waitFor();
    await rows.nth(2).getByText('10.32.1.130 took 172.18.124.96: 1 % against 2 %').waitFor();
    await rows.nth(2).getByText('172.18.124.96:500', { exact: true }).waitFor();
    await rows.nth(2).getByText('Redirected').waitFor();
    await rows.nth(2).getByText('172.18.124.130', { exact: true }).waitFor();
    await rows.nth(1).getByText('Refused').waitFor();
  },
);

story('this member is drained and takes clients again; who may only look cannot', async (t) => {
  const { page, port } = await open(t);
  threeMembers(port);
  await logIn(page);
  await openPage(page);
  await page.getByRole('button', { name: 'Drain…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Drain n131?' });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(port.cluster.drains, []);
  await page.getByRole('button', { name: 'Drain…' }).press('Enter');
  await dialog.getByLabel('Tell clients to connect anew').check();
  await dialog.getByLabel('End after').fill('30');
  assert.deepEqual(await accessibilityProblems(page), []);
  await dialog.getByRole('button', { name: 'Drain' }).click();
  await page.getByText('n131 takes no new clients.').waitFor();
  await card(page, 'n131').getByText('1 of 1 sessions left').waitFor();
  await page.getByRole('button', { name: 'Take clients again' }).click();
  await page.getByRole('button', { name: 'Drain…' }).waitFor();
  assert.deepEqual(port.cluster.drains, ['admin drains and moves 30', 'admin ends it']);
  await page.getByRole('button', { name: 'Log out of the console' }).click();
  await page.getByLabel('User').fill('viewer');
  await page.getByLabel('Password').fill('demo-password');
  await page.keyboard.press('Enter');
  await card(page, 'n131').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Drain…' }).count(), 0);
});

story('a device outside a cluster says how it would become a member', async (t) => {
  const { page } = await open(t);
  await logIn(page);
  await openPage(page);
  await page.getByText('This device takes part in no cluster').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
});

for (const [colorScheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 768],
  ['dark', 360],
] as const)
  story(
    `a cluster in trouble is readable, ${colorScheme} and ${width} wide: names, contrast, nothing cut off`,
    async (t) => {
      const { page, port } = await open(t, { colorScheme, viewport: { width, height: 900 } });
      port.cluster.gather(
        master({ load: loadOf(41) }),
        testMember(129, { condition: 'suspect', load: loadOf(86) }),
        testMember(130, { condition: 'dead', role: 'off', load: undefined }),
        testMember(132, { load: loadOf(100), full: true, draining: true, poolEmpty: true }),
        testMember(133, { publicPath: 'closed', condition: 'alive' }),
      );
      for (const host of [129, 132])
        port.cluster.choose({
          client: '172.18.124.96',
          member: `10.32.1.${host}`,
          explanation: `10.32.1.${host} took 172.18.124.96: 1 % against 2 %`,
        });
      port.cluster.choose({ client: '172.18.124.97', explanation: 'nobody took 172.18.124.97' });
      port.cluster.findings = [
        { severity: 'problem', subject: 'n130', text: 'does not answer', remedy: 'Look.' },
        { severity: 'hint', subject: 'cluster', text: 'is open', remedy: 'Set a key.' },
      ];
      await logIn(page);
      await openPage(page);
      await card(page, 'n133').getByText('Public side closed').waitFor();
      await page.locator('.cluster-summary', { hasText: /Number of Peers2/ }).waitFor();
      await page.getByText('nobody took 172.18.124.97').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      const wider = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(wider, 0);
    },
  );

story(
  'LB-23: the settings of the concentrator, in its order; Apply applies, Cancel changes nothing',
  async (t) => {
    const { page, port } = await open(t);
    await logIn(page);
    await page.getByRole('link', { name: 'Cluster settings' }).click();
    await page
      .getByRole('heading', { level: 1, name: /Configuration.*System.*Load Balancing/ })
      .waitFor();
    const labels = page.locator('legend, .form-row > label, .form-actions button');
    await eventually(
      () => labels.allTextContents(),
      [
        'Cluster Configuration',
        'VPN Virtual Cluster IP Address',
        'VPN Virtual Cluster UDP Port',
        'Encryption',
        'IPSec Shared Secret',
        'Verify Shared Secret',
        'Device Configuration',
        'Load Balancing Enable',
        'Priority',
        'NAT Assigned IP Address',
        'Apply',
        'Cancel',
      ],
    );
    assert.deepEqual(await accessibilityProblems(page), []);
    const field = page.getByLabel('VPN Virtual Cluster UDP Port');
    const apply = page.getByRole('button', { name: 'Apply' });
    assert.ok(await apply.isDisabled());
    await field.fill('500');
    await page.getByText('port 500 belongs to IKE').waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.ok(await apply.isDisabled());
    await page.getByRole('button', { name: 'Cancel' }).click();
    await eventually(() => field.inputValue(), '9023');
    assert.deepEqual(port.cluster.applied, []);
    await field.fill('5023');
    await page
      .getByRole('region', { name: 'What changes' })
      .getByText('cluster port 5023')
      .waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await apply.click();
    await page.getByText('Applied.').waitFor();
    assert.deepEqual(port.cluster.applied, ['admin: +  cluster port 5023']);
    assert.equal(await field.inputValue(), '5023');
  },
);

story(
  'settings that were changed meanwhile are not taken back; Cancel reads them anew',
  async (t) => {
    const { page, port } = await open(t);
    await logIn(page);
    await page.getByRole('link', { name: 'Cluster settings' }).click();
    const field = page.getByLabel('VPN Virtual Cluster UDP Port');
    await field.fill('5023');
    const apply = page.getByRole('button', { name: 'Apply' });
    await eventually(() => apply.isEnabled(), true);
    const priority = page.getByLabel('Priority');
    port.cluster.balancing = { ...port.cluster.balancing, priority: '9' };
    await apply.click();
    await page.getByText('changed meanwhile').waitFor();
    assert.deepEqual([port.cluster.applied, await priority.inputValue()], [[], '1']);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await eventually(() => priority.inputValue(), '9');
    await field.fill('5023');
    await eventually(() => apply.isEnabled(), true);
    // Another member answers: what was typed for this one is judged without being touched.
    port.cluster.balancing = { ...port.cluster.balancing, hostname: 'n132' };
    port.hostname = 'n132';
    await page.getByText('changed meanwhile').waitFor();
    assert.ok(await apply.isDisabled());
    assert.deepEqual(port.cluster.applied, []);
  },
);

story('LB-26 LB-33: the secret is asterisks, and can be typed only with encryption', async (t) => {
  const { page, port } = await open(t);
  await logIn(page);
  await page.getByRole('link', { name: 'Cluster settings' }).click();
  const secret = page.getByLabel('IPSec Shared Secret');
  await secret.waitFor();
  assert.deepEqual(
    [
      await secret.inputValue(),
      await secret.getAttribute('placeholder'),
      await secret.isDisabled(),
    ],
    ['', '*****', true],
  );
  const again = page.getByLabel('Verify Shared Secret');
  assert.equal(await again.getAttribute('placeholder'), '*****');
  await page.getByLabel('Encryption').check();
  await secret.fill('cisco123');
  await again.fill('cisco124');
  await page.getByText('the two entries differ').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Apply' }).isDisabled());
  assert.deepEqual(port.cluster.applied, []);
});

story('who may only look sees the settings and cannot change them', async (t) => {
  const { page } = await open(t, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
  await logIn(page, 'viewer');
  await page.getByRole('link', { name: 'Cluster settings' }).click();
  const field = page.getByLabel('VPN Virtual Cluster IP Address');
  await eventually(() => field.inputValue(), '172.18.124.254');
  assert.ok(await field.isDisabled());
  assert.equal(await page.getByRole('button', { name: 'Apply' }).count(), 0);
  assert.deepEqual(await accessibilityProblems(page), []);
});
