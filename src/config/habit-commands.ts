import type { Configuration } from './configuration.ts';
import { exec } from './exec.ts';
import { optional } from './path.ts';
import { type Interface, type Route, systemSlice } from './system.ts';
import { type Column, ROWS_MOST, textTable } from './text-table.ts';
import { rest } from './tokens.ts';

/** What people type by habit works on the configuration; the rest is a hint where to look. */
type Habits = { readonly owner: { running(): Configuration } };

const command = exec<Habits>();
const text = (lines: string) => ({ kind: 'text' as const, text: lines });

const addressOf = ({ address }: Interface): string =>
  address ? `${address.address}/${address.length}` : 'unassigned';

const interfaceColumns: readonly Column<Interface>[] = [
  { title: 'Interface', cell: (i) => i.hardware },
  { title: 'Name', cell: (i) => i.name ?? '-' },
  { title: 'Address', cell: addressOf },
  { title: 'Configured', cell: (i) => (i.enabled ? 'enabled' : 'shut down') },
];

const routeColumns: readonly Column<Route>[] = [
  { title: 'Network', cell: ({ prefix }) => `${prefix.address}/${prefix.length}` },
  { title: 'Gateway', cell: (r) => r.gateway },
  { title: 'Interface', cell: (r) => r.interface ?? '-' },
  { title: 'Metric', cell: (r) => String(r.metric), right: true },
];

const showInterface = command({
  path: ['show interface'],
  also: [['show interface', rest('name', 'Accepted; all are shown')], ['show ip interface brief']],
  words: {
    show: 'Show something',
    interface: 'The interfaces of the configuration',
    ip: 'What has to do with IP',
    brief: 'One line each',
  },
  help: 'Shows the interfaces of the configuration; their counters are those of Linux.',
  run({ owner }) {
    const interfaces = [...systemSlice.of(owner.running()).interfaces.values()];
    return text(
      [
        ...textTable(interfaceColumns, interfaces),
        '',
        'State and counters are those of Linux: "ip -s link".',
      ].join('\n'),
    );
  },
});

const showRoute = command({
  path: ['show route'],
  also: [['show ip route']],
  words: { show: 'Show something', ip: 'What has to do with IP', route: 'The static routes' },
  help: 'Shows the static routes of the configuration; packets take those of Linux.',
  run({ owner }) {
    const { routes } = systemSlice.of(owner.running());
    const table =
      routes.length === 0
        ? ['The configuration has no static route.']
        : textTable(routeColumns, routes.slice(0, ROWS_MOST));
    const more = routes.length - ROWS_MOST;
    return text(
      [
        ...table,
        ...(more > 0 ? [`${more} more; "show running-config route" lists them all`] : []),
        '',
        'Packets take the routes of Linux: "ip route".',
      ].join('\n'),
    );
  },
});

const help = command({
  path: ['help'],
  words: { help: 'How to get help' },
  help: 'Says how to get help.',
  run: () =>
    text(
      '? lists what may come next, also in the middle of a line: "show ?". Tab completes a word.\n' +
        'Words may be abbreviated. "show …" looks, "configure terminal" changes, "write memory" keeps.\n' +
        '"show logging explain" says what each event means and what to do.',
    ),
});

const disable = command({
  path: ['disable', optional(rest('level', 'Accepted'))],
  words: { disable: 'Give the right to change up' },
  help: 'Accepted out of habit: a command line keeps the rights it was opened with.',
  run: () => text('This command line keeps its rights; "exit" leaves it.'),
});

/** Commands that hands type by themselves. */
export const habitCommands = [showInterface, showRoute, help, disable] as const;
