import { ipv4, mask } from './address-tokens.ts';
import { withEntry, withoutEntry } from './configuration.ts';
import { newInterface, others, usualLevel } from './interface-commands.ts';
import { hardware, securityWord } from './interface-tokens.ts';
import { keptWords } from './kept.ts';
import { optional } from './path.ts';
import { type Declaration, globalScope, type Refusal, refuse, setting } from './setting.ts';
import { type Interface, interfaceName, type System, systemSlice } from './system.ts';
import { rest, word } from './tokens.ts';

const system = globalScope(systemSlice);

/** PIX: `interface ethernet0 auto`. */
const pixInterfaceSpeed = setting(system)({
  path: [
    'interface',
    hardware('hardware', 'Name of the hardware'),
    rest('speed', 'Speed and duplex, which Linux sets', 64),
  ],
  words: { interface: 'Say how an interface is connected' },
  dialects: ['pix'],
  key: ['hardware'],
  help: 'Speed and duplex of an interface, which Linux sets; "shutdown" puts it out of service.',
  noEffect: true,
  get: (c) =>
    [...c.interfaces.values()].flatMap((i) =>
      i.hardwareSpeed === undefined ? [] : { hardware: i.hardware, speed: i.hardwareSpeed },
    ),
  set: (c, { hardware: name, speed }) => ({
    ...c,
    interfaces: withEntry(c.interfaces, name, {
      ...(c.interfaces.get(name) ?? newInterface(name)),
      hardwareSpeed: speed,
      enabled: !/\bshutdown$/.test(speed),
    }),
  }),
});

const pixInterface = (c: System, name: string): [string, Interface] | undefined =>
  [...c.interfaces].find(([, i]) => i.name === name);

/** PIX: `nameif ethernet0 outside security0`. */
const pixNameif = setting(system)({
  path: [
    'nameif',
    hardware('hardware', 'Name of the hardware'),
    word('name', 'Name of the interface', 48),
    securityWord('level', 'How far the network is trusted'),
  ],
  words: { nameif: 'Name an interface' },
  dialects: ['pix'],
  key: ['hardware'],
  help: 'Names an interface and says how far its network is trusted.',
  since: '002:103',
  get: (c) =>
    [...c.interfaces.values()].flatMap((i) =>
      i.name === undefined
        ? []
        : { hardware: i.hardware, name: i.name, level: i.securityLevel ?? usualLevel(i.name) },
    ),
  set: (c, v) => ({
    ...c,
    interfaces: withEntry(c.interfaces, v.hardware, {
      ...(c.interfaces.get(v.hardware) ?? newInterface(v.hardware)),
      name: v.name,
      securityLevel: v.level,
    }),
  }),
  unset: (c, v) => ({ ...c, interfaces: withoutEntry(c.interfaces, v.hardware) }),
});

/** PIX: `ip address outside 171.69.89.78 255.255.254.0`. */
const pixAddress = setting(system)({
  path: [
    'ip address',
    interfaceName('interface'),
    ipv4('address', 'Address'),
    mask('mask', 'Mask of its network'),
  ],
  words: { ip: 'Internet protocol', address: 'Address of an interface' },
  dialects: ['pix'],
  key: ['interface'],
  help: 'The IPv4 address of an interface that has a name.',
  since: '002:105',
  get: (c) =>
    [...c.interfaces.values()].flatMap(({ name, address }) =>
      name === undefined || !address
        ? []
        : { interface: name, address: address.address, mask: address.length },
    ),
  set: (c, v) =>
    withInterface(c, v.interface, () => ({ address: { address: v.address, length: v.mask } })),
  unset: (c, v) => withInterface(c, v.interface, () => ({ address: undefined })),
});

/** PIX: `ip address outside dhcp setroute`; the other device asks for the address. */
const pixAddressFrom = (whom: 'dhcp' | 'pppoe') => {
  const leading = `ip address ${whom}`;
  const isMine = (line: string) => line === leading || line.startsWith(`${leading} `);
  return setting(system)({
    path: ['ip address', interfaceName('interface'), whom, optional(keptWords(leading))],
    words: { [whom]: 'An address from elsewhere' },
    dialects: ['pix'],
    key: ['interface'],
    help: 'An address from elsewhere: Linux has it, and "ip address" has to say it.',
    noEffect: true,
    get: (c) =>
      [...c.interfaces.values()].flatMap(({ name, kept }) =>
        name === undefined
          ? []
          : [...kept].filter(isMine).map((line) => ({
              interface: name,
              text: line.slice(leading.length + 1) || undefined,
            })),
      ),
    set: (c, { interface: name, text }) =>
      withInterface(c, name, ({ kept }) => ({
        kept: new Set([
          ...others(kept, isMine),
          text === undefined ? leading : `${leading} ${text}`,
        ]),
      })),
    unset: (c, { interface: name }) =>
      withInterface(c, name, ({ kept }) => ({ kept: others(kept, isMine) })),
  });
};

/** The interface of a name with some fields changed. */
function withInterface(
  c: System,
  name: string,
  change: (target: Interface) => Partial<Interface>,
): System | Refusal {
  const found = pixInterface(c, name);
  if (!found) return refuse(`no interface has the name "${name}"; "nameif" gives it one`);
  const [hardwareName, target] = found;
  const changed = { ...target, ...change(target) };
  return { ...c, interfaces: withEntry(c.interfaces, hardwareName, changed) };
}

/** The commands of the interfaces of a PIX, in the order of a listing. */
export const pixInterfaceCommands: readonly Declaration[] = [
  pixInterfaceSpeed,
  pixNameif,
  pixAddress,
  pixAddressFrom('dhcp'),
  pixAddressFrom('pppoe'),
];
