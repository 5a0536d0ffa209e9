import assert from 'node:assert/strict';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build, transformWithOxc } from 'vite';
import { createManagementServer } from './server.ts';
import { TestingPort } from './testing-port.ts';

/** The console in a browser: what its tests share. Whoever imports this has it built and a browser started. */

const web = fileURLToPath(new URL('../../../web', import.meta.url));
const clockMs = Date.UTC(2001, 9, 18, 10, 2, 23);

/** The browser of this machine, if it has one. */
export const chromiumPath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** Started before the first test, where there is one. */
export let browser: Browser;
/** Where the built console is. */
export let consoleFolder: string;
let accessibilityChecks: string;

before(async () => {
  if (!chromiumPath) return;
  consoleFolder = mkdtempSync(join(tmpdir(), 'headend-console-'));
  const source = readFileSync(join(web, 'checks/accessibility.ts'), 'utf8');
  const { code } = await transformWithOxc(source, 'accessibility.ts');
  accessibilityChecks = `${code}; accessibilityProblems()`;
  await build({
    root: web,
    configFile: join(web, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: consoleFolder, emptyOutDir: true },
  });
  browser = await chromium.launch({
    executablePath: chromiumPath,
    timeout: 120_000,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  if (consoleFolder) rmSync(consoleFolder, { recursive: true });
});

/** A head-end in memory whose clock runs, as the console sees it. */
export function headEnd(t: TestContext, port = new TestingPort(clockMs), listenOn = 0) {
  const server = createManagementServer(port, { port: listenOn, consoleFolder });
  const started = Date.now() - (port.now - clockMs);
  const clock = setInterval(() => {
    port.now = clockMs + Date.now() - started;
  }, 50);
  const stop = async () => {
    clearInterval(clock);
    await server.close();
  };
  t.after(stop);
  return { port, server, stop };
}

/** Opens the console in a browser of its own; a script error or a broken policy fails the test. */
export async function open(t: TestContext, options: BrowserContextOptions = {}) {
  const { port, server, stop } = headEnd(t);
  const listening = await server.listen();
  assert.ok(listening.ok);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) errors.push(message.text());
  });
  t.after(() => assert.deepEqual(errors, []));
  await page.goto(listening.value);
  return { page, port, stop, url: listening.value };
}

export async function logIn(page: Page, user = 'admin'): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill('demo-password');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: /Sessions/ }).waitFor();
}

export const story = (title: string, run: (t: TestContext) => Promise<void>) =>
  test(title, { timeout: 180_000 }, async (t) => {
    if (chromiumPath) await run(t);
    else t.skip('there is no Chromium here; apt-get install chromium');
  });

/** Waits until `read` answers with `wanted`. */
export async function eventually<T>(read: () => Promise<T>, wanted: T): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await read();
    try {
      assert.deepEqual(found, wanted);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What stands between the page and a person who cannot see it, or not well; nothing, as it should be. */
export const accessibilityProblems = (page: Page) => page.evaluate(accessibilityChecks);
