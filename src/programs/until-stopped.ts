/** Resolves when the process is told to stop: Ctrl-C, the service manager, or `stop` itself. */
export function untilStopped(): { readonly stopped: Promise<void>; readonly stop: () => void } {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
  return { stopped, stop };
}
