import { availableParallelism, totalmem } from 'node:os';

/** What this process takes of the machine. */
export type ProcessFigures = {
  /** Of all processors, since the figures were asked for last, 0 to 100. */
  readonly cpuPercent: number;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly memoryTotalBytes: number;
};

/** Figures older than this are measured anew; a shorter interval would say nothing about the load. */
const INTERVAL_MS = 900;

/** Measures what this process takes of the machine. */
export class ProcessMeter {
  #usage = process.cpuUsage();
  #at = performance.now();
  #cpuPercent = 0;

  figures(): ProcessFigures {
    const processors = availableParallelism();
    const at = performance.now();
    if (at - this.#at >= INTERVAL_MS) {
      const { user, system } = process.cpuUsage(this.#usage);
      this.#cpuPercent = Math.min(100, (user + system) / 10 / (at - this.#at) / processors);
      this.#usage = process.cpuUsage();
      this.#at = at;
    }
    return {
      cpuPercent: this.#cpuPercent,
      processors,
      memoryBytes: process.memoryUsage.rss(),
      memoryTotalBytes: totalmem(),
    };
  }
}
