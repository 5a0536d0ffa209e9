import { type Program, UsageError, VERSION } from '#programs/program';

/** Each is loaded when it is wanted, since a console need not wait for a data plane. */
const programs: Readonly<Record<string, () => Promise<Program>>> = {
  demo: async () => (await import('#programs/demo')).demoProgram,
  'cluster-demo': async () => (await import('#programs/cluster-demo')).clusterDemoProgram,
  run: async () => (await import('#programs/run')).runProgram,
  check: async () => (await import('#programs/check')).checkProgram,
  client: async () => (await import('#programs/client')).clientProgram,
  sim: async () => (await import('#programs/sim')).simProgram,
  console: async () => (await import('#programs/console')).consoleProgram,
};

const SINGLE = '--single';

async function usage(): Promise<string> {
  const all = await Promise.all(Object.values(programs).map((load) => load()));
  const lines = all.map((p) => [`headend ${p.name} ${p.synopsis}`.trim(), p.summary] as const);
  const table = lines.map(([left, right]) => `  ${left}\n      ${right}`).join('\n');
  return `headend ${VERSION}: a VPN head-end that speaks the configuration you have\n\n${table}\n
Without a sub-command, "cluster-demo" runs; "demo" with ${SINGLE}. "headend NAME --help" tells more about one.\n`;
}

/** What is meant where no sub-command is named: the cluster, or of the demos the one of a single head-end. */
function withName(args: readonly string[]): readonly string[] {
  const [first] = args;
  if (first !== undefined && !first.startsWith('-')) return args;
  if (!args.includes(SINGLE)) return ['cluster-demo', ...args];
  return ['demo', ...args.filter((word) => word !== SINGLE)];
}

async function main(args: readonly string[]): Promise<number> {
  const [first = ''] = args;
  if (['--help', '-h', 'help'].includes(first)) {
    process.stdout.write(await usage());
    return 0;
  }
  if (['--version', '-v'].includes(first)) {
    process.stdout.write(`headend ${VERSION}\n`);
    return 0;
  }
  const [name = '', ...rest] = withName(args);
  const load = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (!load)
    throw new UsageError(
      `"${name}" is not a sub-command; there are ${Object.keys(programs).join(', ')}`,
    );
  const program = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`usage: headend ${program.name} ${program.synopsis}\n\n${program.help}\n`);
    return 0;
  }
  return program.run(rest);
}

// Whoever read the output may have left; the tunnels go on, and so does what is written to a file.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isOption = code?.startsWith('ERR_PARSE_ARGS') ?? false;
  if (!(error instanceof UsageError) && !isOption) throw error;
  // Node's own message goes on about dashes.
  const reason = isOption ? `${message.split('. ')[0]}; --help lists the options` : message;
  process.stderr.write(`headend: ${reason}\n`);
  // What was opened before it went wrong, sockets and workers, would keep the process alive.
  process.exit(2);
}
