import { spawn } from 'node:child_process';
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
 * Settings of V8 that count from the start of a process only, for one that lives long. By itself V8
 * lets the part of the heap for new objects grow to 32 MB, and the rest to twice what is alive before
 * it collects: half the memory of ten thousand idle sessions was garbage. So little is collected sooner by
 * the thread that made it than by several that wait for each other.
 */
export const nodeFlags = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=60',
  '--no-parallel-scavenge',
];

/** Completes the clone and runs headend with the given arguments, which may name files below `folder`. */
export async function start(args, folder = process.cwd()) {
  ensurePackages();
  ensureWebConsole();
  // Compiled modules more than halve the way to the first answer. They lie where only who installed
  // the packages can write, since they are run.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/headend');
  const words = [...nodeFlags, join(root, 'src/main.ts'), ...args];
  process.exitCode = await runToEnd(nodePath(), words, folder);
}
