import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ManagementPort } from './management-port.ts';
import { metrics } from './metric-table.ts';

/** The registry behind `/metrics`; every value is read from the device when it is asked for. */
export function createMetrics(port: ManagementPort): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { type, name, help, labels, read } of metrics) {
    const options = { name, help, registers: [registry], labelNames: [...labels] };
    if (type === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const sample of read(port)) this.set(sample.labels, sample.value);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const sample of read(port)) this.inc(sample.labels, sample.value);
        },
      });
    }
  }
  return registry;
}
