import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensurePackages, ensureWebConsole, giveUp, nodePath, root } from './install.js';

/** Runs a program in this terminal until it ends; resolves to its exit code, 128 + n for a signal. */
export function runToEnd(command, args, cwd = root) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child as well; without one, it has to be passed on.
    const passed = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
    const handlers = ['SIGTERM', 'SIGHUP', 'SIGINT'].map((signal) => {
      const handler = () => passed.includes(signal) && child.kill(signal);
      process.on(signal, handler);
      return [signal, handler];
    });
    child.on('error', (error) => giveUp(`cannot run ${command}: ${error.message}`));
    child.on('exit', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/**
 * Settings of V8 and of the C library that count from the start of a process only, for one that lives
 * long. By itself V8 lets the part of the heap for new objects grow to 32 MB, and the rest further than to
 * twice what is alive before it collects: half the memory of ten thousand idle sessions was garbage. New
 * objects are so few that the thread that made them collects them sooner than several that wait for each
 * other. V8 would have four threads of its own; two leave a processor to those who answer somebody. The C
 * library would have an arena, with free memory in it, for nearly every thread.
 */
export const settings = JSON.parse(readFileSync(join(root, 'bin/node-settings.json'), 'utf8'));

/** Completes the clone and runs headend with the given arguments, which may name files below `folder`. */
export async function start(args, folder = process.cwd()) {
  ensurePackages();
  ensureWebConsole();
  // Compiled modules more than halve the way to the first answer. They lie where only who installed
  // the packages can write, since they are run.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/headend');
  const words = [...settings.flags, join(root, 'src/main.ts'), ...args];
  Object.assign(process.env, { ...settings.environment, ...process.env });
  process.exitCode = await runToEnd(nodePath(), words, folder);
}
