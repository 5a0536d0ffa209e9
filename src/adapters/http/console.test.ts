import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import {
  accessibilityProblems,
  eventually,
  headEnd,
  logIn,
  open,
  story,
} from './testing-browser.ts';

const names = (page: Page) => page.locator('[data-name]').allTextContents();

story(
  'a wrong password is told and the field is ready; the right one opens the console',
  async (t) => {
    const { page } = await open(t);
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert');
    assert.equal(await alert.textContent(), 'User name or password is not right.');
    await eventually(() => page.getByLabel('Password').inputValue(), '');
    await eventually(() => page.evaluate('document.activeElement.name'), 'password');
    await page.keyboard.type('demo-password');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /Sessions/ }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: /Sessions/ }).waitFor();
    await page.getByRole('button', { name: 'Log out of the console' }).click();
    await page.getByLabel('User').waitFor();
  },
);

story('LB-62 LB-65 LB-66 LB-67: the summary and the three tables with their columns', async (t) => {
  const { page, port } = await open(t);
  port.addSession({ username: '3002', group: '3002group', protocol: 'IPSec/NAT' });
  await logIn(page);
  const summary = page.getByRole('region', { name: 'Session summary' });
  assert.deepEqual(await summary.locator('dt').allTextContents(), [
    'Active LAN-to-LAN Sessions',
    'Active Remote Access Sessions',
    'Active Management Sessions',
    'Total Active Sessions',
    'Peak Concurrent Sessions',
    'Concurrent Sessions Limit',
    'Total Cumulative Sessions',
  ]);
  const figures = () => summary.locator('dd').allTextContents();
  await eventually(figures, ['0', '1', '1', '2', '2', '100', '2']);
  const headings = async () =>
    (await page.locator('thead th').allInnerTexts()).map((text) => text.replaceAll('\n', '/'));
  await eventually(headings, [
    'Username',
    'Assigned IP address/Public IP address',
    'Group',
    'Protocol/Encryption',
    'Login time/Duration',
    'Client type/Version',
    'Last minute',
    'Bytes Tx/Bytes Rx',
    'State',
    'Actions',
  ]);
  const tab = (name: RegExp) => page.getByRole('tab', { name });
  await tab(/Remote Access/).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText('No LAN-to-LAN Sessions', { exact: true }).waitFor();
  port.addSession({ username: 'branch', kind: 'lanToLan', assignedAddress: undefined });
  await eventually(() => names(page), ['branch']);
  assert.deepEqual((await headings()).slice(0, 4), [
    'Connection name',
    'IP address',
    'Protocol/Encryption',
    'Login time/Duration',
  ]);
  await page.keyboard.press('ArrowRight');
  await eventually(() => names(page), ['admin']);
  assert.deepEqual((await headings()).slice(0, 4), [
    'Administrator',
    'IP address',
    'Protocol/Encryption',
    'Login time/Duration',
  ]);
  port.removeSession(1);
  await page.keyboard.press('ArrowRight');
  await page.getByText('No Remote Access Sessions', { exact: true }).waitFor();
});

story('sessions appear, carry traffic, grow older and leave while one watches', async (t) => {
  const { page, port } = await open(t);
  await logIn(page);
  await page.getByText('No Remote Access Sessions', { exact: true }).waitFor();
  const first = port.addSession({ username: 'vpnclient1', loginAt: port.now - 785_000 });
  const second = port.addSession({ username: 'vpnclient2', legacy: ['3DES', 'DH group 2'] });
  await eventually(() => names(page), ['vpnclient1', 'vpnclient2']);
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
  const announced = page.locator('.session-list > [role=status]');
  await eventually(() => announced.textContent(), '2 Remote Access Sessions');
  await row('vpnclient1')
    .getByText(/^0:13:\d\d$/)
    .waitFor();
  await row('vpnclient2').getByText('Legacy').waitFor();
  port.carry(first, 125_000, 1000);
  await row('vpnclient1').getByText('125 kB', { exact: true }).waitFor();
  await row('vpnclient1')
    .getByText(/[kM]b\/s$/)
    .first()
    .waitFor();
  await page
    .locator('.throughput')
    .getByText(/^peak .+ [kM]b\/s$/)
    .first()
    .waitFor();
  port.removeSession(second);
  await eventually(() => names(page), ['vpnclient1']);
});

story('LB-61: sort, filter, group and details, by keyboard alone', async (t) => {
  const { page, port } = await open(t);
  port.addSession({ username: 'carol', group: 'engineering' });
  port.addSession({ username: 'alice', bytesTx: 10 });
  port.addSession({ username: 'bob', bytesTx: 20, clientVersion: '3.6.1 (Rel)' });
  await logIn(page);
  await eventually(() => names(page), ['carol', 'alice', 'bob']);
  const heading = page.getByRole('columnheader', { name: 'Username' });
  await page.getByRole('button', { name: 'Username' }).focus();
  await page.keyboard.press('Enter');
  await eventually(() => names(page), ['alice', 'bob', 'carol']);
  assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
  await page.keyboard.press('Enter');
  await eventually(() => names(page), ['carol', 'bob', 'alice']);
  assert.equal(await heading.getAttribute('aria-sort'), 'descending');

  await page.locator('body').press('/');
  await page.keyboard.type('3.6.1');
  await eventually(() => names(page), ['bob']);
  await page.keyboard.press('Escape');
  await eventually(() => names(page), ['carol', 'bob', 'alice']);
  await page.getByRole('combobox', { name: 'Group' }).focus();
  await page.keyboard.type('eng');
  await eventually(() => names(page), ['carol']);
  await page.locator('body').press('/');
  await page.keyboard.type('nobody');
  await page.getByText('No Remote Access Session matches').waitFor();
  await page.getByRole('button', { name: 'Show all' }).press('Enter');
  await eventually(() => names(page), ['carol', 'bob', 'alice']);

  await page.locator('[data-name]').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'bob #3' }).waitFor();
  await eventually(() => page.evaluate('document.activeElement.id'), 'drawer-title');
  await page.reload();
  await page.getByRole('heading', { name: 'bob #3' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'bob #3' }).waitFor({ state: 'detached' });
});

story(
  'NAT-39: the details of a session show SAs, SPIs, counters and UDP ports, until it ends',
  async (t) => {
    const { page, port } = await open(t);
    const index = port.addSession({ username: 'vpnclient1', publicPort: 1029 });
    port.carry(index, 2600, 768);
    await logIn(page);
    await page.getByRole('button', { name: 'vpnclient1', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: /vpnclient1/ });
    const fact = (label: string) =>
      drawer.locator('dl > div', { hasText: label }).locator('dd').first().textContent();
    await drawer.getByText('AM_ACTIVE').waitFor();
    assert.equal(await fact('UDP source port'), '1029');
    assert.equal(await fact('UDP destination port'), '4500');
    assert.equal(await fact('NAT traversal'), 'draft 02');
    assert.equal(await fact('Behind NAT'), 'the client');
    await drawer.getByText('0x4a1b2c01').waitFor();
    await drawer.getByText('0x9c3d4e01').waitFor();
    await drawer.getByText('2,600').waitFor();
    port.carry(index, 400, 0);
    await drawer.getByText('3,000').waitFor();
    port.removeSession(index);
    await drawer.getByText('This session has ended').waitFor();
    await page.getByRole('button', { name: 'Close the details' }).click();
    await drawer.waitFor({ state: 'detached' });
  },
);

story(
  'NAT-37: two clients behind one public address are two rows, and Log out ends one only',
  async (t) => {
    const { page, port } = await open(t);
    port.addSession({ username: 'vpnclient1', assignedAddress: '40.1.1.1', publicPort: 1029 });
    port.addSession({ username: 'vpnclient2', assignedAddress: '40.1.1.2', publicPort: 1025 });
    await logIn(page);
    await eventually(() => names(page), ['vpnclient1', 'vpnclient2']);
    assert.equal(await page.getByText(/^171\.69\.89\.78:10(29|25)$/).count(), 2);
    const button = page.getByRole('button', { name: 'Log out vpnclient1, session 1' });
    await button.click();
    await page.getByRole('dialog', { name: 'Log out vpnclient1?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(port.loggedOff, []);
    await button.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
    await page.getByText('vpnclient1 was logged out.').waitFor();
    await eventually(() => names(page), ['vpnclient2']);
    assert.deepEqual(port.loggedOff, ['1 by admin']);
    await page.getByRole('button', { name: 'Log out all…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Log out all' }).click();
    await page.getByText('No Remote Access Sessions', { exact: true }).waitFor();
    assert.equal(port.summary().activeManagement, 1);
  },
);

story(
  'the session of a device is closed when another device answers, which has another of that number',
  async (t) => {
    const { page, port } = await open(t);
    port.addSession({ username: 'vpnclient1' });
    await logIn(page);
    await page.getByRole('button', { name: 'vpnclient1', exact: true }).click();
    const drawer = page.getByRole('complementary').getByRole('heading', { name: 'vpnclient1' });
    await drawer.waitFor();
    await page.getByRole('button', { name: 'Log out vpnclient1, session 1' }).click();
    await page.getByRole('dialog').waitFor();
    port.hostname = 'another';
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await drawer.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('session'), null);
    assert.deepEqual(port.loggedOff, []);
  },
);

story('an account that may only look sees no way to end a session', async (t) => {
  const { page, port } = await open(t);
  port.addSession({ username: 'vpnclient1' });
  await logIn(page, 'viewer');
  await eventually(() => names(page), ['vpnclient1']);
  await page.getByText('read only').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Log out(?! of)/ }).count(), 0);
});

story('a long list is shown page by page', async (t) => {
  const { page, port } = await open(t);
  for (let i = 1; i <= 230; i += 1) port.addSession({ username: `user${i}` });
  await logIn(page);
  const pager = page.getByRole('navigation', { name: 'Pages of the list' });
  await pager.getByText('1–100 of 230').waitFor();
  await pager.getByRole('button', { name: 'Next page' }).click();
  await pager.getByText('101–200 of 230').waitFor();
  await pager.getByRole('button', { name: 'Next page' }).click();
  await pager.getByText('201–230 of 230').waitFor();
  assert.equal((await names(page)).at(-1), 'user230');
  assert.ok(await pager.getByRole('button', { name: 'Next page' }).isDisabled());
  await pager.getByRole('button', { name: 'Previous page' }).click();
  await eventually(async () => (await names(page))[0], 'user101');
});

story(
  'NAT-60: the event log is live, filtered by class and severity, and each line explains itself',
  async (t) => {
    const { page, port } = await open(t);
    const say = (name: string, number: number, severity: number, text: string) =>
      port.addEvent({
        class: name,
        number,
        severity,
        text,
        why: `Why ${text}`,
        remedy: `Do ${text}`,
      });
    say('IKE', 120, 4, 'PHASE 2 COMPLETED');
    say('IKEDBG', 0, 8, 'processing hash');
    say('IPSECDBG', 1, 9, 'Update inbound SA addresses');
    await logIn(page);
    await page.getByRole('link', { name: 'Event log' }).click();
    const texts = () => page.locator('.event-text').allTextContents();
    await eventually(texts, [
      'Update inbound SA addresses',
      'processing hash',
      'PHASE 2 COMPLETED',
    ]);
    await page.getByRole('combobox', { name: 'to', exact: true }).selectOption('8');
    await eventually(texts, ['processing hash', 'PHASE 2 COMPLETED']);
    await page.getByText('Classes: all').click();
    await page.getByLabel('IKE', { exact: true }).check();
    await eventually(texts, ['PHASE 2 COMPLETED']);
    await page.keyboard.press('Escape');
    say('IKEDBG', 0, 8, 'constructing blank hash');
    say('IKE', 49, 4, 'Security negotiation complete');
    await eventually(texts, ['Security negotiation complete', 'PHASE 2 COMPLETED']);
    await page.getByRole('button', { name: 'Meaning of event 1, IKE/120' }).click();
    await page.getByText('Why PHASE 2 COMPLETED').waitFor();
    await page.getByText('Do PHASE 2 COMPLETED').waitFor();
    await page.getByRole('button', { name: 'Hold' }).click();
    say('IKE', 173, 4, 'NAT-Traversal successfully negotiated!');
    await page.getByRole('button', { name: 'Go on (1 new)' }).click();
    await eventually(async () => (await texts())[0], 'NAT-Traversal successfully negotiated!');
  },
);

story('events older than the first hundred are one button away', async (t) => {
  const { page, port } = await open(t);
  for (let i = 1; i <= 150; i += 1)
    port.addEvent({ class: 'IKE', number: 1, severity: 4, text: `event ${i}` });
  await logIn(page);
  await page.getByRole('link', { name: 'Event log' }).click();
  await eventually(() => page.locator('.event-text').count(), 100);
  await page.getByRole('button', { name: 'Older events' }).click();
  await eventually(() => page.locator('.event-text').count(), 150);
  assert.equal(await page.locator('.event-text').last().textContent(), 'event 1');
  await page.getByRole('button', { name: 'Older events' }).click();
  await eventually(() => page.getByRole('button', { name: 'Older events' }).count(), 0);
});

story('the command line answers, completes, helps, remembers and aborts', async (t) => {
  const { page, port } = await open(t);
  await logIn(page);
  await page.getByRole('link', { name: 'Command line' }).click();
  const field = page.getByRole('textbox');
  await field.pressSequentially('sh');
  await page.keyboard.press('Tab');
  await eventually(() => field.inputValue(), 'show ');
  await page.keyboard.type('version');
  await page.keyboard.press('Enter');
  const output = page.getByRole('log', { name: 'Output' });
  await output.getByText('headend 0.1.0').waitFor();
  await page.keyboard.type('s?');
  await output.getByText(/show\s+session/).waitFor();
  await field.fill('configure terminal');
  await page.keyboard.press('Enter');
  await page.getByLabel('headend(config)#').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await eventually(() => field.inputValue(), 'show version');
  await field.fill('show nothing');
  await page.keyboard.press('Enter');
  await output.locator('[data-kind=failed]').waitFor();
  await field.fill('ping');
  await page.keyboard.press('Enter');
  await eventually(async () => port.executed.at(-1), 'admin: ping');
  await page.keyboard.press('Control+c');
  await output.getByText('Aborted').waitFor();
  await eventually(async () => port.executed.at(-1), 'aborted');
  await page.keyboard.press('Tab');
  assert.notEqual(await page.evaluate('document.activeElement.id'), 'command');
});

story('a lost head-end is told, its figures stay, and it comes back by itself', async (t) => {
  const { page, port, stop, url } = await open(t);
  port.addSession({ username: 'vpnclient1' });
  await logIn(page);
  await eventually(() => names(page), ['vpnclient1']);
  await stop();
  await page.getByRole('alert').getByText('The head-end does not answer.').waitFor();
  await page.locator('.status-bar').getByText('Disconnected').waitFor();
  assert.deepEqual(await names(page), ['vpnclient1']);
  await page.getByRole('button', { name: 'Log out vpnclient1, session 1' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
  await page.getByText(/Check that it runs/).waitFor();
  const again = headEnd(t, port, Number(new URL(url).port));
  assert.ok((await again.server.listen()).ok);
  await page.getByText('Your login has ended').waitFor();
  await logIn(page);
  await page.locator('.status-bar').getByText('Live').waitFor();
});

story('a login that is ended by another administrator goes back to the login page', async (t) => {
  const { page, port } = await open(t);
  await logIn(page);
  await page.locator('.status-bar').getByText('Live').waitFor();
  port.removeSession(1);
  await page.getByText('Your login has ended').waitFor();
});

story('no event is left out between others, however many come while one reads', async (t) => {
  const { page, port } = await open(t);
  let last = 0;
  const say = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      last += 1;
      port.addEvent({ class: 'IKE', number: 1, severity: 4, text: `${last}` });
    }
  };
  const texts = () => page.locator('.event-text').allTextContents();
  /** The newest, the oldest, and how many are missing between. */
  const range = async () => {
    const numbers = (await texts()).map(Number);
    const [newest = 0, oldest = 0] = [numbers[0], numbers.at(-1)];
    return [newest, oldest, newest - oldest + 1 - numbers.length];
  };
  const older = page.getByRole('button', { name: 'Older events' });
  say(300);
  await logIn(page);
  await page.getByRole('link', { name: 'Event log' }).click();
  await eventually(range, [300, 201, 0]);
  await older.click();
  await eventually(range, [300, 101, 0]);
  for (let times = 0; times < 5; times += 1) {
    say(90);
    await eventually(async () => (await texts())[0], `${last}`);
  }
  assert.deepEqual(await range(), [750, 151, 0]);
  await page.getByRole('button', { name: 'Hold' }).click();
  say(20);
  await page.getByRole('button', { name: 'Go on (20 new)' }).waitFor();
  await older.click();
  await eventually(range, [750, 51, 0]);
  say(150);
  await page.getByRole('button', { name: 'Go on (100 new)' }).waitFor();
  assert.deepEqual([await range(), await older.count()], [[750, 51, 0], 0]);
  await page.getByRole('button', { name: 'Go on (100 new)' }).click();
  await eventually(range, [920, 821, 0]);
  await older.click();
  await eventually(range, [920, 721, 0]);
});

const ground = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');

story('the theme follows the system, and a choice of the user outlasts it', async (t) => {
  const { page } = await open(t, { colorScheme: 'dark' });
  assert.equal(await ground(page), 'rgb(14, 19, 23)');
  await logIn(page);
  await page.getByRole('button', { name: 'Use the light theme' }).click();
  assert.equal(await ground(page), 'rgb(243, 244, 245)');
  await page.reload();
  await page.getByRole('button', { name: 'Use the dark theme' }).waitFor();
  assert.equal(await ground(page), 'rgb(243, 244, 245)');
});

for (const colorScheme of ['light', 'dark'] as const)
  story(
    `every page in its ${colorScheme} theme has names, roles and enough contrast`,
    async (t) => {
      const { page, port } = await open(t, { colorScheme });
      port.legacyPermitted = ['3DES'];
      for (const state of ['active', 'inactive', 'connecting', 'closing'] as const)
        port.addSession({ username: state, state, legacy: ['3DES'] });
      for (let severity = 1; severity <= 13; severity += 1)
        port.addEvent({ class: 'IKE', number: severity, severity, text: 'text', group: 'g' });
      await page.getByLabel('User').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      await logIn(page);
      port.carry(1, 5000, 5000);
      await page.getByRole('button', { name: 'active', exact: true }).click();
      await page.getByText('AM_ACTIVE').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.getByRole('button', { name: 'Log out all…' }).click();
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.keyboard.press('Escape');
      await page.getByLabel('Filter sessions').fill('nobody');
      await page.getByText('No Remote Access Session matches').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.getByRole('link', { name: 'Event log' }).click();
      await page.getByRole('button', { name: 'Meaning of event 13, IKE/13' }).click();
      await page.getByText('Classes: all').click();
      assert.deepEqual(await accessibilityProblems(page), []);
      await page.getByRole('link', { name: 'Command line' }).click();
      await page.keyboard.type('show version\n');
      await page.getByRole('log').getByText('headend 0.1.0').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
    },
  );

story('on a phone nothing is wider than the screen and everything can be reached', async (t) => {
  const { page, port } = await open(t, { viewport: { width: 360, height: 740 } });
  port.addSession({
    username: 'a.very.long.user.name@branch.example.com',
    publicAddress: '2001:db8:8:1:90eb:3fe5:9eea:fb29',
    legacy: ['3DES'],
  });
  port.addEvent({ class: 'IPSECDBG', number: 18, severity: 9, text: 'x'.repeat(300) });
  const wide = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.equal(await wide(), 0);
  await logIn(page);
  await page.locator('[data-name]').waitFor();
  assert.equal(await wide(), 0);
  await page
    .getByRole('combobox', { name: 'Sort' })
    .selectOption({ label: 'Bytes Tx, descending' });
  await page.locator('[data-name]').click();
  await page.getByText('AM_ACTIVE').waitFor();
  assert.equal(await wide(), 0);
  await page.getByRole('button', { name: 'Close the details' }).click();
  for (const name of ['Event log', 'Command line', 'Sessions']) {
    await page.getByRole('link', { name }).click();
    await page.getByRole('heading', { level: 1, name: new RegExp(name) }).waitFor();
    assert.equal(await wide(), 0);
  }
  assert.deepEqual(await accessibilityProblems(page), []);
});

for (const width of [390, 768, 1024])
  story(`at ${width} pixels no table is cut, and every event shows its text`, async (t) => {
    const { page, port } = await open(t, { viewport: { width, height: 900 } });
    port.addSession({ username: 'vpnclient1', legacy: ['3DES'] });
    const text = 'Security negotiation complete for User (vpnclient1) Responder, Inbound SPI = 0x1';
    port.addEvent({ class: 'IKE', number: 49, severity: 4, text, peer: '171.69.89.78' });
    await logIn(page);
    await page.locator('[data-name]').waitFor();
    const hidden = () =>
      page.evaluate(
        '(({scrollWidth: a, clientWidth: b}) => a - b)(document.querySelector(".table-frame"))',
      );
    assert.equal(await hidden(), 0);
    // Cards have room for every column; only a narrow table leaves some to the details.
    const row = page.locator('.session-table tbody tr').first();
    const shown = row.locator(':scope > td:visible');
    assert.equal(await shown.count(), width < 960 ? 9 : 5);
    const sortable = page.getByRole(width < 960 ? 'combobox' : 'button', {
      name: width < 960 ? 'Sort' : 'Username',
      exact: true,
    });
    assert.equal(await sortable.isVisible(), true);
    await page.getByRole('link', { name: 'Event log' }).click();
    const box = await page.getByText(text).boundingBox();
    assert.ok(box && box.x + box.width <= width, 'the text is on the screen');
    assert.ok(box.width > 240 && box.height < 60, `it has room: ${box.width} by ${box.height}`);
    assert.equal(await hidden(), 0);
    await page.getByText('Severities 1 to 5 are logged by default').waitFor();
  });

story('a long line of output fades where it goes on, until its end is reached', async (t) => {
  const { page, port } = await open(t, { viewport: { width: 390, height: 740 } });
  await logIn(page);
  await page.getByRole('link', { name: 'Command line' }).click();
  const fade = () =>
    page.evaluate(
      "getComputedStyle(document.querySelector('.terminal-screen')).getPropertyValue('--fade')",
    );
  assert.equal(await fade(), '0px');
  port.commandOutput = 'x'.repeat(300);
  await page.keyboard.type('show wide\n');
  await eventually(fade, '48px');
  await page.evaluate("document.querySelector('.terminal-screen').scrollLeft = 1e6");
  await eventually(fade, '0px');
  const sizes = await page.evaluate(
    "['.terminal-line label', '#command'].map((s) => getComputedStyle(document.querySelector(s)).fontSize)",
  );
  assert.deepEqual(sizes, ['16px', '16px']);
});

story('an address that is no page says so', async (t) => {
  const { page, url } = await open(t);
  await logIn(page);
  await page.goto(`${url}/monitoring/nonsense`);
  await page.getByText('There is no such page').waitFor();
  assert.equal(await page.locator('.session-table').count(), 0);
  await page.getByRole('link', { name: 'the sessions' }).click();
  await page.getByRole('heading', { level: 1, name: /Sessions/ }).waitFor();
});

story(
  'the stylesheet, the scripts and the pictures all come from the head-end itself',
  async (t) => {
    const { page, url } = await open(t);
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await page.reload();
    await logIn(page);
    assert.deepEqual([...hosts], [url]);
  },
);

/** Names as a stranger might choose them: each would run a script, or load something, if it were markup. */
const HOSTILE = [
  '<img src=x onerror="window.broken=1">',
  '"><script>window.broken=1</script>',
  'javascript:window.broken=1',
  '{{constructor.constructor("window.broken=1")()}}',
  '</td></table><svg onload=window.broken=1>',
];

story('hostile names stay text: user, group, host and event log, on every page', async (t) => {
  const { page, port } = await open(t);
  for (const name of HOSTILE) {
    port.addSession({ username: name, group: name, groupPolicy: name });
    port.addEvent({
      ...{ class: 'IKE', number: 1, severity: 3, text: `Group [${name}] ${name}` },
      username: name,
      group: name,
      peer: name,
    });
  }
  const system = port.system.bind(port);
  port.system = () => ({ ...system(), hostname: HOSTILE[0] as string, groups: HOSTILE });
  await logIn(page);
  const harmless = async (where: string) => {
    assert.equal(await page.evaluate('window.broken'), undefined, where);
    const inserted = await page.locator('img[src="x"], td svg[onload], td script').count();
    assert.equal(inserted, 0, where);
  };
  await page
    .locator('td', { hasText: HOSTILE[1] as string })
    .first()
    .waitFor();
  await harmless('sessions');
  for (const link of await page.getByRole('navigation').getByRole('link').all()) {
    await link.click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle').catch(() => {});
    await harmless(page.url());
  }
  const hrefs = await page.locator('a[href^="javascript:"]').count();
  assert.equal(hrefs, 0);
});

story('the first visit and a login make no error in the console of the browser', async (t) => {
  const { page } = await open(t);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.reload();
  await page.getByLabel('User').waitFor();
  await logIn(page);
  // A browser may complain of a websocket that it gives up while it is being opened.
  await page.locator('.status-bar').getByText('Live').waitFor();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: /Sessions/ }).waitFor();
  await page.locator('.status-bar').getByText('Live').waitFor();
  assert.deepEqual(errors, []);
});
