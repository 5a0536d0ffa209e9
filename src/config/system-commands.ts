import { ip, ipv4, network } from './address-tokens.ts';
import { type Configuration, sameValue } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { filterFindings, filterSection, filtersSlice } from './filters.ts';
import { interfaceCommands } from './interface-commands.ts';
import { flag, optional } from './path.ts';
import { pixInterfaceCommands } from './pix-interface-commands.ts';
import type { Finding, Room } from './room.ts';
import { globalScope, lineOf, refuse, setting } from './setting.ts';
import {
  dialectOf,
  dialectOfPix,
  type Interface,
  interfaceName,
  type Route,
  type System,
  systemSlice,
  unknownInterface,
  type Version,
} from './system.ts';
import { int, many, word } from './tokens.ts';
import { keptText } from './unknown-lines.ts';

const system = globalScope(systemSlice);

/** The version line of a product, in the dialect that it has from some release on or up to one. */
const versionOf = (dialect: Dialect, product: Version['product'], leading: string) =>
  setting(system)({
    path: [leading, word('number', 'Version of the listing')],
    words: { [leading.split(' ')[0] as string]: 'Version line of a listing', Version: 'Version' },
    dialects: [dialect],
    filesOnly: true,
    help: 'Says which dialect and release a listing was written by.',
    since: '002:100, 004:259',
    get: ({ version }) =>
      version?.dialect === dialect && version.product === product
        ? { number: version.number }
        : undefined,
    set(c, { number }) {
      const told = product === 'PIX' ? dialectOfPix(number) : dialect;
      return told === undefined || told === dialect
        ? { ...c, version: { dialect, product, number } }
        : refuse(`a PIX of this release has the commands of "--dialect ${told}"`);
    },
  });

const hostname = setting(system)({
  path: ['hostname', word('name', 'Name of this device', 63)],
  words: { hostname: 'Set the name of this device' },
  help: 'The name of this device, which the prompt shows.',
  since: '004:264',
  get: (c) => ({ name: c.hostname }),
  set: (c, { name }) => ({ ...c, hostname: name }),
  unset: (c) => ({ ...c, hostname: systemSlice.empty.hostname }),
});

const domainName = setting(system)({
  path: ['domain-name', word('name', 'Domain', 253)],
  words: { 'domain-name': 'Set the domain of this device' },
  help: 'The domain that this device is in.',
  get: (c) => (c.domainName === undefined ? undefined : { name: c.domainName }),
  set: (c, { name }) => ({ ...c, domainName: name }),
  unset: (c) => ({ ...c, domainName: undefined }),
});

const sameRoute = (a: Pick<Route, 'interface' | 'prefix' | 'gateway'>, b: typeof a): boolean =>
  a.interface === b.interface && sameValue(a.prefix, b.prefix) && a.gateway === b.gateway;

const addRoute = (c: System, route: Route): System => ({
  ...c,
  routes: [...c.routes.filter((r) => !sameRoute(r, route)), route],
});

/** An ASA prints no metric of a route for tunnels that has the usual one. */
const valuesOfRoute = ({ tunneled = false, ...route }: Route, through: string) => ({
  ...route,
  interface: through,
  metric: tunneled && route.metric === 1 ? undefined : route.metric,
  tunneled,
});

/** ASA and PIX: `route outside 0.0.0.0 0.0.0.0 171.69.88.1 1`. */
const route = setting(system)({
  path: [
    'route',
    interfaceName('interface'),
    network('prefix', 'Network'),
    ipv4('gateway', 'Next hop'),
    optional(int('metric', 1, 255, 'Distance, the smaller the better')),
    optional('track', int('track', 1, 500, 'Number of a "track", which nothing watches here')),
    flag('tunneled', 'tunneled', 'For what comes out of tunnels only'),
  ],
  words: { route: 'Add a static route', track: 'Withdraw it on occasion' },
  dialects: ['asa', 'pix'],
  key: ['interface', 'prefix', 'gateway'],
  help: 'A static route through an interface.',
  since: '002:111',
  get: (c) =>
    c.routes.flatMap((r) => (r.interface === undefined ? [] : valuesOfRoute(r, r.interface))),
  set: (c, { tunneled, ...v }) =>
    addRoute(c, { ...v, metric: v.metric ?? 1, ...(tunneled ? { tunneled } : {}) }),
  unset: (c, v) => ({ ...c, routes: c.routes.filter((r) => !sameRoute(r, v)) }),
});

const NAME_SERVERS_MAX = 6;

const nameServer = setting(system)({
  path: [
    'dns name-server',
    many('servers', ip('server', 'Address of a name server'), NAME_SERVERS_MAX),
  ],
  words: { dns: 'Name resolution', 'name-server': 'Set the name servers' },
  dialects: ['asa'],
  help: 'The name servers that this device asks.',
  since: '003:699',
  get: (c) => (c.nameServers.length === 0 ? undefined : { servers: c.nameServers }),
  set(c, { servers }) {
    const all = [...new Set([...c.nameServers, ...servers])];
    return all.length > NAME_SERVERS_MAX
      ? refuse(`there are at most ${NAME_SERVERS_MAX} name servers`)
      : { ...c, nameServers: all };
  },
  unset: (c, { servers }) => ({
    ...c,
    nameServers: servers ? c.nameServers.filter((s) => !servers.includes(s)) : [],
  }),
});

const domainLookup = setting(system)({
  path: ['dns domain-lookup', interfaceName('interface')],
  words: { 'domain-lookup': 'Look names up through an interface' },
  dialects: ['asa'],
  key: ['interface'],
  help: 'Lets this device look names up through an interface.',
  since: '003:696',
  get: (c) => c.domainLookup.map((name) => ({ interface: name })),
  set: (c, v) => ({ ...c, domainLookup: [...new Set([...c.domainLookup, v.interface])] }),
  unset: (c, v) => ({ ...c, domainLookup: c.domainLookup.filter((i) => i !== v.interface) }),
});

/** Two interfaces of one name, routes through no interface: what every device would trip over. */
function verify(configuration: Configuration): readonly Finding[] {
  const findings: Finding[] = [];
  const { interfaces, routes } = systemSlice.of(configuration);
  const seen = new Map<string, string>();
  for (const i of interfaces.values()) {
    if (i.name === undefined) continue;
    const other = seen.get(i.name);
    if (other !== undefined)
      findings.push({
        severity: 'error',
        at: [`interface ${i.hardware}`, `nameif ${i.name}`],
        reason: `${other} has this name already`,
      });
    seen.set(i.name, i.hardware);
  }
  findings.push(...addressesFromElsewhere(interfaces.values(), dialectOf(configuration)));
  for (const r of routes)
    if (r.interface !== undefined)
      findings.push(
        ...unknownInterface(configuration, r.interface, [
          lineOf(route, valuesOfRoute(r, r.interface)),
        ]),
      );
  return [...findings, ...specialRoutes(routes)];
}

/** Routes that the other device would not always use; a thing that holds for several is said of the first. */
function specialRoutes(routes: readonly Route[]): readonly Finding[] {
  const warning = (r: Route | undefined, reason: string, remedy: string): readonly Finding[] =>
    r?.interface === undefined
      ? []
      : [
          {
            severity: 'warning',
            at: [lineOf(route, valuesOfRoute(r, r.interface))],
            reason,
            remedy,
          },
        ];
  return [
    ...warning(
      routes.find((r) => r.track !== undefined),
      'nothing watches whether this route works, and it is never withdrawn',
      'a routing daemon, such as FRR, changes the routes of Linux',
    ),
    ...warning(
      routes.find((r) => r.tunneled),
      'what comes out of tunnels takes the routes of Linux, like everything else',
      '"ip rule add iif headend0 lookup N" gives it a table of its own',
    ),
  ];
}

/** Interfaces whose address this device would have to ask for. */
const addressesFromElsewhere = (
  interfaces: Iterable<Interface>,
  dialect: Dialect,
): readonly Finding[] =>
  [...interfaces].flatMap((i) =>
    [...i.kept]
      .filter((line) => /^ip address (dhcp|pppoe)/.test(line))
      .map((line) => ({
        severity: 'warning' as const,
        at:
          dialect === 'pix'
            ? [keptText(line, 'person').replace('address', `address ${i.name}`)]
            : [`interface ${i.hardware}`, keptText(line, 'person')],
        reason:
          'headend asks nobody for an address: Linux does, and this file has to say which it is',
        remedy: `"ip address ${dialect === 'pix' ? `${i.name} ` : ''}A.B.C.D MASK" says it`,
      })),
  );

/** The room of what every device has. */
export const systemRoom: Room = {
  slices: [systemSlice, filtersSlice],
  verify: (configuration) => [...verify(configuration), ...filterFindings(configuration)],
  sections: [
    {
      title: 'Identity',
      place: 'identity',
      commands: [
        versionOf('asa', 'ASA', 'ASA Version'),
        versionOf('asa', 'PIX', 'PIX Version'),
        versionOf('pix', 'PIX', 'PIX Version'),
        versionOf('ios', 'IOS', 'version'),
        hostname,
        domainName,
      ],
    },
    {
      title: 'Interfaces',
      place: 'interfaces',
      commands: [...interfaceCommands, ...pixInterfaceCommands],
    },
    filterSection,
    { title: 'Name resolution', place: 'names', commands: [domainLookup, nameServer] },
    { title: 'Routes', place: 'routes', commands: [route] },
  ],
};
