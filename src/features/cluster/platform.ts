/** A model of the devices that came before, as far as a cluster asks: its place and its capacity. */
export type PlatformModel = {
  /** As `platform model` takes it. */
  readonly name: string;
  /** As the peers table shows it; LB-54. */
  readonly deviceType: string;
  /** In the election, when nothing else is said; LB-37, G-77. */
  readonly priority: number;
  /** Sessions at once; LB-64, G-14. */
  readonly sessions: number;
  /** Whether the model is too small for load balancing; GEN-45. */
  readonly standsAlone?: boolean;
};

const concentrator = (name: string, priority: number, sessions: number): PlatformModel => ({
  name,
  deviceType: `VPN${name}`,
  priority,
  sessions,
});

const asa = (name: string, priority: number, sessions: number): PlatformModel => ({
  name,
  deviceType: `ASA-${name}`,
  priority,
  sessions,
});

/** By the name that `platform model` takes. */
export const PLATFORM_MODELS: ReadonlyMap<string, PlatformModel> = new Map(
  [
    concentrator('3005', 1, 100),
    concentrator('3015', 3, 100),
    concentrator('3030', 5, 1500),
    concentrator('3060', 7, 5000),
    concentrator('3080', 9, 10_000),
    { ...asa('5505', 1, 25), standsAlone: true },
    asa('5510', 3, 250),
    asa('5520', 5, 750),
    asa('5540', 7, 5000),
    asa('5550', 9, 5000),
    asa('5580', 9, 10_000),
  ].map((model) => [model.name, model]),
);

/**
 * What a machine without a model counts as: more processors come before fewer in the election, and it
 * takes as many sessions as `sessions`, which is what the session table takes.
 */
export const platformOfMachine = (processors: number, sessions: number): PlatformModel => ({
  name: 'automatic',
  deviceType: 'headend',
  priority: Math.max(1, Math.min(10, Math.ceil(Math.log2(Math.max(1, processors))) + 5)),
  sessions,
});
