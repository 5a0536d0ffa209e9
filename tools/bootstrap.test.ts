import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';

const lock = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'headend' },
      'node_modules/a': { version },
      'node_modules/for-another-processor': { version: '1.0.0', optional: true },
    },
  });

/** A stand-in for npm: notes how it was called and installs a `node` and one package. */
const npm = `
  const fs = require('node:fs');
  fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
  if (fs.existsSync('npm-fails')) process.exit(7);
  fs.mkdirSync('node_modules/.bin', { recursive: true });
  fs.rmSync('node_modules/.bin/node', { force: true });
  fs.symlinkSync(process.execPath, 'node_modules/.bin/node');
  const packages = JSON.parse(fs.readFileSync('package-lock.json')).packages;
  delete packages['node_modules/for-another-processor'];
  fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
`;

/** A clone with nothing installed, whose program prints its arguments and ends with code 3. */
function freshClone(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'headend-bootstrap-'));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  cpSync(join(import.meta.dirname, '../bin'), join(root, 'bin'), { recursive: true });
  put('package.json', '{ "type": "module" }');
  put('package-lock.json', lock('1.0.0'));
  put('src/main.ts', 'console.log("ran", ...process.argv.slice(2) as string[]); process.exit(3);');
  put('npm.cjs', npm);
  const npmIs = { npm_execpath: join(root, 'npm.cjs'), npm_node_execpath: process.execPath };
  const env = { ...process.env, ...npmIs };
  const start = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(root, 'bin/bootstrap.js'), 'start', ...args], {
      encoding: 'utf8',
      env,
    });
  const calls = () => (existsSync(join(root, 'npm-calls')) ? count('npm-calls') : 0);
  const count = (path: string) => readFileSync(join(root, path), 'utf8').split('\n').length - 1;
  return { root, put, start, calls, count, env };
}

test('a fresh clone installs its packages once, says so in one line, and runs', (t) => {
  const clone = freshClone(t);
  const first = clone.start('run', 'my file.cfg');
  assert.equal(first.stdout, 'ran run my file.cfg\n');
  assert.match(first.stderr, /^headend: installing the packages .*\n$/);
  assert.equal(first.status, 3);
  const second = clone.start();
  assert.equal(second.stdout, 'ran\n');
  assert.equal(second.stderr, '');
  assert.equal(clone.calls(), 1);
  assert.match(readFileSync(join(clone.root, 'npm-calls'), 'utf8'), /^ci --include=dev /);
});

test('files are looked for where the command was typed, also through npm', (t) => {
  const clone = freshClone(t);
  clone.put('src/main.ts', 'console.log(process.cwd());');
  const typedIn = realpathSync(tmpdir());
  const run = (script: string, folder: string, env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [join(clone.root, 'bin', script), 'start'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...clone.env, ...env },
    }).stdout;
  assert.equal(run('headend.js', typedIn, { INIT_CWD: '/' }), `${typedIn}\n`);
  assert.equal(run('bootstrap.js', clone.root, { INIT_CWD: typedIn }), `${typedIn}\n`);
  assert.equal(run('bootstrap.js', typedIn, { INIT_CWD: undefined }), `${typedIn}\n`);
});

test('packages that differ from the lock file are installed again', (t) => {
  const clone = freshClone(t);
  clone.start();
  clone.put('package-lock.json', lock('1.0.1'));
  clone.start();
  clone.start();
  assert.equal(clone.calls(), 2);
});

test('an installation that fails ends with one line that says what to do', (t) => {
  const clone = freshClone(t);
  clone.put('npm-fails', '');
  const result = clone.start();
  assert.equal(result.status, 1);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /npm ci failed; .*Check the network/);
});

test('the web console is built when it is missing or older than its source', (t) => {
  const clone = freshClone(t);
  clone.start();
  clone.put('web/index.html', '');
  clone.put('web/src/a.tsx', '');
  clone.put(
    'node_modules/vite/bin/vite.js',
    `const fs = require('node:fs');
     fs.mkdirSync('web/dist', { recursive: true });
     fs.writeFileSync('web/dist/index.html', '');
     fs.appendFileSync('vite-calls', process.argv.slice(2).join(' ') + '\\n');`,
  );
  clone.put('node_modules/vite/package.json', '{ "type": "commonjs" }');
  assert.match(clone.start().stderr, /building the web console/);
  assert.equal(clone.start().stderr, '');
  assert.equal(clone.count('vite-calls'), 1);
  const later = statSync(join(clone.root, 'web/dist/index.html')).mtimeMs / 1000 + 5;
  utimesSync(join(clone.root, 'web/src/a.tsx'), later, later);
  clone.start();
  assert.equal(clone.count('vite-calls'), 2);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`${signal} reaches the program, whose exit code is the bootstrap's`, async (t) => {
    const clone = freshClone(t);
    clone.start();
    clone.put(
      'src/main.ts',
      `process.on('${signal}', () => { console.log('stopping'); process.exit(5); });
       setInterval(() => undefined, 1000);
       console.log('ready');`,
    );
    const child = spawn(process.execPath, [join(clone.root, 'bin/headend.js')], {
      env: clone.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text === 'ready\n') child.kill(signal);
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(output, 'ready\nstopping\n');
    assert.equal(code, 5);
  });

test('a program killed by a signal gives 128 and its number', (t) => {
  const clone = freshClone(t);
  clone.put('src/main.ts', 'process.kill(process.pid, "SIGKILL");');
  assert.equal(clone.start().status, 137);
});

test('the Node that runs the bootstrap stands in for a packaged one that is missing', (t) => {
  const clone = freshClone(t);
  clone.start();
  rmSync(join(clone.root, 'node_modules/.bin/node'));
  const result = clone.start('x');
  assert.equal(result.stdout, 'ran x\n');
  symlinkSync('/nonexistent', join(clone.root, 'node_modules/.bin/node'));
  assert.equal(clone.start('y').stdout, 'ran y\n');
});
