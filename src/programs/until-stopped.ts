/** A second signal this long after the first means that somebody has lost patience. */
const PATIENCE_MS = 1000;
/** 128 and the number of SIGINT, as shells write it. */
const INTERRUPTED = 130;

/**
 * Resolves when the process is told to stop: Ctrl-C, the service manager, or `stop` itself. npm passes
 * Ctrl-C on although the terminal has sent it already, so a signal that comes twice at once counts once.
 */
export function untilStopped(): { readonly stopped: Promise<void>; readonly stop: () => void } {
  let stop = () => {};
  let firstAt: number | undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
    const signalled = () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > PATIENCE_MS) process.exit(INTERRUPTED);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, signalled);
  });
  return { stopped, stop };
}
