import { checkProgram } from '#programs/check';
import { clientProgram } from '#programs/client';
import { consoleProgram } from '#programs/console';
import { demoProgram } from '#programs/demo';
import { type Program, UsageError, VERSION } from '#programs/program';
import { runProgram } from '#programs/run';

const programs: readonly Program[] = [
  demoProgram,
  runProgram,
  checkProgram,
  clientProgram,
  consoleProgram,
];

function usage(): string {
  const lines = programs.map((p) => [`headend ${p.name} ${p.synopsis}`.trim(), p.summary] as const);
  const width = Math.max(...lines.map(([left]) => left.length));
  const table = lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
  return `headend ${VERSION}: a VPN head-end that speaks the configuration you have\n\n${table}\n
Without a sub-command, "demo" runs. "headend NAME --help" tells more about one.\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name = 'demo', ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`headend ${VERSION}\n`);
    return 0;
  }
  const program = programs.find((p) => p.name === name);
  if (!program)
    throw new UsageError(
      `"${name}" is not a sub-command\n\n${usage().split('\n').slice(2).join('\n')}`,
    );
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`usage: headend ${program.name} ${program.synopsis}\n\n${program.help}\n`);
    return 0;
  }
  return program.run(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof UsageError) && !code?.startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`headend: ${message}\n`);
  process.exitCode = 2;
}
