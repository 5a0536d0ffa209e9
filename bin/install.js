/**
 * Makes a clone complete: packages, the Node that runs headend, the built web console. Plain
 * JavaScript for Node 18, since this is what runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const neededNodeMajor = 24;

/** Prints one line about what the bootstrap does; standard output belongs to the program. */
export const say = (line) => process.stderr.write(`headend: ${line}\n`);

/** Ends the process with one line that says what to do. */
export function giveUp(line) {
  say(line);
  process.exit(1);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether npm's record of what it installed differs from what the lock file asks for. */
function packagesAreStale() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  if (!installed) return true;
  return Object.entries(wanted).some(([path, { version, optional }]) => {
    if (path === '') return false;
    // Optional packages of another processor are left out on purpose.
    if (!installed[path]) return !optional;
    return installed[path].version !== version;
  });
}

/** Runs `npm ci` when packages are missing or differ from the lock file. */
export function ensurePackages() {
  if (!packagesAreStale()) return;
  say('installing the packages of package-lock.json (npm ci); this takes up to a minute ...');
  const { npm_execpath: npmScript, npm_node_execpath: npmNode } = process.env;
  // Installation scripts and development packages are needed whatever NODE_ENV says.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  // npm removes node_modules first, and this process may be running on the Node inside it.
  const [command, front] = npmScript ? [npmNode ?? process.execPath, [npmScript]] : ['npm', []];
  const done = spawnSync(command, [...front, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.error) giveUp(`cannot run npm (${done.error.message}); install npm and try again`);
  if (done.status !== 0)
    giveUp('npm ci failed; the reason is above. Check the network and try again');
}

/** The Node that runs headend: the one among the packages, or this one when it is new enough. */
export function nodePath() {
  const packaged = join(root, 'node_modules/.bin/node');
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= neededNodeMajor) return process.execPath;
  return giveUp(
    `no Node ${neededNodeMajor} for ${process.platform} ${process.arch} among the packages; ` +
      `install Node ${neededNodeMajor} or later and try again (this is ${process.version})`,
  );
}

export function newestChangeMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'dist' || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestChangeMs(path) : statSync(path).mtimeMs);
  }
  return newest;
}

/** Builds the web console when it is missing or older than its source. */
export function ensureWebConsole() {
  const source = join(root, 'web');
  const built = join(source, 'dist/index.html');
  if (!existsSync(join(source, 'index.html'))) return;
  if (existsSync(built) && statSync(built).mtimeMs >= newestChangeMs(source)) return;
  say('building the web console; this takes a few seconds ...');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const done = spawnSync(nodePath(), [vite, 'build', source, '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status !== 0) giveUp('the web console could not be built; the reason is above');
}
