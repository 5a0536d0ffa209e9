import { err, ok } from '#base/result';
import { type Configuration, slice, type Table, withEntry, withoutEntry } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { type AnyValues, formatPath, optional, type Path, type Token } from './path.ts';
import type { Room } from './room.ts';
import {
  type Declaration,
  globalScope,
  type Keys,
  type ModeDeclaration,
  type Scope,
  setting,
} from './setting.ts';
import { rest } from './tokens.ts';

/** Lines that are kept without effect, each with the lines of its block. */
export type KeptLines = Table<string, readonly string[]>;

export const keptSlice = slice<KeptLines>('kept', new Map());

/** Spaces before a line inside a block. */
const BLOCK_INDENT = 1;

/** A line of a block, deeper indentation included. */
const blockLine: Token<'line', string> = {
  ...rest('line', 'A line of the block'),
  read(line, from) {
    if (from !== 0) return err({ kind: 'invalid', reason: 'a block is read line by line' });
    const text = line.text.slice(BLOCK_INDENT).trimEnd();
    return ok({ value: text, words: line.words.length });
  },
};

type KeptCommand = {
  readonly words: string;
  readonly help: string;
  readonly dialects?: readonly Dialect[];
  /** Whether only its `no` form is harmless. */
  readonly onlyNo?: boolean;
};

/** The declarations of one command that is kept: the line, what stands inside it, and its `no` line. */
function keep(command: KeptCommand): readonly Declaration[] {
  const path: Path = [command.words, optional(rest('text', 'Kept as it is'))];
  const line = (values: AnyValues) => formatPath(path, values, 'person');
  const root = globalScope(keptSlice) as Scope<unknown>;
  const starts = (text: string, prefix: string) => text === prefix || text.startsWith(`${prefix} `);
  const instances = (prefix: string) => (target: unknown) =>
    [...(target as KeptLines).keys()]
      .filter((text) => starts(text, prefix))
      .map((text) => ({ text: text === prefix ? undefined : text.slice(prefix.length + 1) }));
  const common = {
    kind: 'mode',
    prompt: 'config',
    help: command.help,
    ...(command.dialects ? { dialects: command.dialects } : {}),
    scope: root,
    also: [],
    hideEmpty: false,
    indentedOnly: true,
    noEffect: true,
    negatable: false,
    remove: (target: unknown) => target,
  } as const;
  const positive: ModeDeclaration = {
    ...common,
    name: `kept ${command.words}`,
    path,
    instances: instances(command.words),
    enter(target, values) {
      const lines = target as KeptLines;
      if (lines.has(line(values))) return lines;
      return withEntry(withoutEntry(lines, `no ${line(values)}`), line(values), []);
    },
  };
  const negative: ModeDeclaration = {
    ...common,
    name: `kept no ${command.words}`,
    path: ['no', ...path],
    instances: instances(`no ${command.words}`),
    enter: (target, values) =>
      (target as KeptLines).has(line(values))
        ? withoutEntry(target as KeptLines, line(values))
        : withEntry(target as KeptLines, `no ${line(values)}`, []),
  };
  const inside: Scope<readonly string[]> = {
    mode: positive,
    get: (configuration: Configuration, keys: Keys) =>
      keptSlice.of(configuration).get(line(keys[0] as AnyValues)),
    put: (configuration, keys, lines) =>
      keptSlice.put(
        configuration,
        withEntry(keptSlice.of(configuration), line(keys[0] as AnyValues), lines),
      ),
    fresh: () => [],
  };
  const block = setting(inside)({
    path: [blockLine],
    help: 'A line inside the block, kept as it is.',
    get: (lines) => lines.map((text) => ({ line: text })),
    set: (lines, values) => [...lines, values.line],
  });
  return command.onlyNo ? [negative] : [positive, block, negative];
}

const cisco = (words: string, help: string): KeptCommand => ({
  words,
  help,
  dialects: ['asa', 'pix'],
});
const ios = (words: string, help: string): KeptCommand => ({ words, help, dialects: ['ios'] });

/**
 * Commands that steer what Linux does by itself here, or how the other device looked. A configuration
 * that holds them means the same without them.
 */
const KEPT: readonly KeptCommand[] = [
  cisco('mtu', 'The MTU of an interface is set where Linux sets up the interface.'),
  cisco('pager lines', 'The terminal pages by itself.'),
  cisco('ftp mode', 'Mode of the FTP client.'),
  cisco('timeout', 'Idle times of the packet filter.'),
  cisco('threat-detection', 'Statistics of the packet filter.'),
  cisco('class-map', 'Traffic classes of the packet inspection.'),
  cisco('policy-map', 'Actions of the packet inspection.'),
  cisco('service-policy', 'Where the packet inspection is applied.'),
  cisco('fixup protocol', 'Packet inspection, in its older spelling.'),
  cisco('floodguard', 'Reclaiming of connections.'),
  cisco('arp timeout', 'Age of ARP entries, which Linux keeps.'),
  cisco('asdm', 'The graphical manager of the other device.'),
  cisco('pdm', 'The graphical manager of the other device.'),
  cisco('prompt', 'Form of the prompt.'),
  cisco('call-home', 'Reports to the manufacturer.'),
  cisco('service call-home', 'Reports to the manufacturer.'),
  cisco('snmp-server location', 'A text for SNMP.'),
  cisco('snmp-server contact', 'A text for SNMP.'),
  cisco('snmp-server enable', 'SNMP traps, which need an SNMP server.'),
  cisco('names', 'Whether names of addresses are shown.'),
  cisco('console timeout', 'Idle time of the serial console.'),
  cisco('telnet timeout', 'Idle time of Telnet, which is not served.'),
  cisco('icmp unreachable', 'Rate of ICMP messages, which Linux limits.'),
  cisco('boot system', 'Image the other device starts from.'),
  cisco('clock timezone', 'Linux keeps the time.'),
  cisco('clock summer-time', 'Linux keeps the time.'),
  cisco('dynamic-access-policy-record', 'The default record of access policies.'),
  cisco('user-identity', 'Identity firewall.'),
  cisco('aaa proxy-limit', 'Connections of the authentication proxy.'),
  cisco('crypto ca trustpool', 'Certificates delivered with the other device.'),
  cisco('crypto ipsec security-association pmtu-aging', 'Ageing of a learnt path MTU.'),
  cisco('monitor-interface', 'Interfaces that failover watches.'),
  cisco('ip audit', 'Signatures of the intrusion detection.'),
  cisco('terminal width', 'The terminal tells its width by itself.'),
  { ...cisco('failover', 'Failover is off.'), onlyNo: true },
  ios('boot-start-marker', 'Begin of the image list.'),
  ios('boot-end-marker', 'End of the image list.'),
  ios('boot system', 'Image the other device starts from.'),
  ios('ip classless', 'Routing is always classless.'),
  ios('ip subnet-zero', 'Subnet zero is always usable.'),
  ios('ip ssh break-string', 'A string of the SSH client.'),
  ios('ip cef', 'Linux forwards in its own way.'),
  ios('voice hpi', 'Voice captures.'),
  ios('fax interface-type', 'Fax over IP.'),
];

/** The room of the lines without effect. */
export const keptRoom: Room = {
  slices: [keptSlice],
  sections: [{ title: 'Accepted without effect', place: 'kept', commands: KEPT.flatMap(keep) }],
};
