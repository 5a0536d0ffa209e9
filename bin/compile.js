/**
 * compile.js FOLDER USER, as root: compiles what the service runs into a folder that only root can write, since
 * compiled modules are run; USER only reads them. What is up to date is left as it is. Before the service
 * starts, `packaging/headend.service` runs it.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { giveUp, newestChangeMs, nodePath, root } from './install.js';
import { settings } from './run.js';

/** What a head-end loads, at the start or later. A worker does not run outside of a thread, but is compiled. */
const modules = [
  './src/programs/run-file.ts',
  './src/programs/management.ts',
  './src/adapters/userspace/worker.ts',
  './src/adapters/cluster/name-lookup-worker.ts',
  'koffi',
];

/** Node keeps the modules of each user apart, in a folder whose name ends in the number of the user. */
const ofUser = (name, uid) => name.replace(/-\d+$/, `-${uid}`);

function run(folder, words) {
  const env = { ...process.env, NODE_COMPILE_CACHE: folder };
  const done = spawnSync(nodePath(), [...settings.flags, ...words], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 2],
  });
  if (done.status !== 0) giveUp(`nothing could be compiled into ${folder}; the reason is above`);
}

const [folder, user] = process.argv.slice(2);
if (folder === undefined || user === undefined) giveUp('usage: compile.js FOLDER USER');
const uid = Number(spawnSync('id', ['-u', user], { encoding: 'utf8' }).stdout);
if (!Number.isInteger(uid) || uid === 0) giveUp(`there is no user ${user} without rights of root`);

mkdirSync(folder, { recursive: true, mode: 0o755 });
const owned = lstatSync(folder);
if (!owned.isDirectory() || owned.uid !== process.getuid() || (owned.mode & 0o022) !== 0)
  giveUp(`${folder} has to be a folder that only root can write; remove it and try again`);

const stamp = join(folder, `compiled-for-${uid}`);
const newest = Math.max(
  newestChangeMs(join(root, 'src')),
  statSync(join(root, 'package-lock.json')).mtimeMs,
  statSync(nodePath()).mtimeMs,
);
if (!existsSync(stamp) || statSync(stamp).mtimeMs < newest) {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  const imports = modules.map((path) => `await import('${path}').catch(() => {});`).join('\n');
  run(folder, ['--input-type=module', '--eval', imports]);
  run(folder, ['src/main.ts', 'run', '--help']);
  for (const name of readdirSync(folder)) {
    // Node writes them for their owner alone.
    for (const file of readdirSync(join(folder, name))) chmodSync(join(folder, name, file), 0o644);
    chmodSync(join(folder, name), 0o755);
    renameSync(join(folder, name), join(folder, ofUser(name, uid)));
  }
  writeFileSync(stamp, '');
}
