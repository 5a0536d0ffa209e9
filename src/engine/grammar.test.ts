import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Prng } from '#base/prng';
import { CommandLine } from '#config/command-line';
import { continueLine } from '#config/complete';
import { type Configuration, emptyConfiguration, sameValue } from '#config/configuration';
import { startupText } from '#config/console-commands';
import { formatDiagnostic } from '#config/diagnostic';
import { DIALECTS, type Dialect } from '#config/dialect';
import { applyCommand, inDialect } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { matchLine, splitLine } from '#config/match';
import { parseListing } from '#config/parse';
import {
  type AnyValues,
  formatPath,
  type Path,
  samplePath,
  syntaxOf,
  tokensOf,
} from '#config/path';
import { type Declaration, type Keys, Refusal } from '#config/setting';
import { leadingWords, spell } from '#config/spelling';
import { withDialect } from '#config/system';
import { grammar } from './grammar.ts';

/** Values for a path; names that exist are used half of the time, so that commands meet each other. */
function valuesFor(path: Path, prng: Prng, configuration: Configuration): AnyValues {
  const values: Record<string, unknown> = { ...samplePath(path, prng) };
  for (const token of tokensOf(path)) {
    const known = token.known?.(configuration) ?? [];
    if (typeof values[token.name] === 'string' && known.length > 0 && prng.chance(0.7))
      values[token.name] = prng.pick(known);
  }
  return values;
}

/** Random commands of a dialect, one after the other; `reached` collects those that were accepted. */
class Typist {
  configuration: Configuration;
  readonly #prng: Prng;
  readonly #dialect: Dialect;
  readonly #reached: Set<Declaration>;

  constructor(seed: number, dialect: Dialect, reached: Set<Declaration>) {
    this.#prng = new Prng(seed);
    this.#dialect = dialect;
    this.configuration = withDialect(emptyConfiguration, dialect);
    this.#reached = reached;
  }

  type(command: Declaration, keys: Keys): void {
    if (!inDialect(command, this.#dialect)) return;
    const path = this.#prng.pick([command.path, ...command.also]);
    let values = valuesFor(path, this.#prng, this.configuration);
    if (command.kind === 'mode') {
      const parent = command.scope.get(this.configuration, keys) ?? command.scope.fresh(keys);
      const existing = command.instances(parent);
      if (existing.length > 0 && this.#prng.chance(0.7)) values = this.#prng.pick(existing);
    }
    const negated = command.kind === 'setting' && command.negatable && this.#prng.chance(0.15);
    const next = applyCommand(
      this.configuration,
      keys,
      spell(command, { path }, { negated, key: [] }),
      values,
    );
    if (next instanceof Refusal) return;
    this.configuration = next;
    if (!negated) this.#reached.add(command);
    if (command.kind === 'mode')
      for (const inside of grammar.commandsOf(command))
        if (this.#prng.chance(0.7)) this.type(inside, [...keys, values]);
  }

  session(): void {
    const commands = grammar.sections
      .flatMap((section): readonly Declaration[] => section.commands)
      .filter((command) => command.scope.mode === undefined);
    for (let round = 0; round < 2; round += 1)
      for (const command of commands) if (this.#prng.chance(0.7)) this.type(command, []);
  }
}

const listed = (configuration: Configuration, dialect: Dialect): string =>
  formatListing(
    listConfiguration(grammar, configuration, { audience: 'file', dialect }),
    dialect,
  ).join('\n');

test('a listing reads back as the configuration it was written from, and is written the same again', () => {
  for (const dialect of DIALECTS) {
    const reached = new Set<Declaration>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const typist = new Typist(seed, dialect, reached);
      typist.session();
      const text = listed(typist.configuration, dialect);
      const parsed = parseListing(grammar, text, { dialect });
      const unread = parsed.diagnostics.filter((d) => /not understood|incomplete/.test(d.reason));
      assert.deepEqual(unread, [], `${dialect} seed ${seed}\n${text}`);
      assert.equal(listed(parsed.configuration, dialect), text, `${dialect} seed ${seed}`);
      for (const part of Object.keys({ ...parsed.configuration, ...typist.configuration }))
        if (!sameValue(parsed.configuration[part], typist.configuration[part]))
          assert.fail(
            `${dialect} seed ${seed}: read ${inspect(parsed.configuration[part], { depth: 9 })}, ` +
              `written from ${inspect(typist.configuration[part], { depth: 9 })}`,
          );
    }
    const missed = grammar.sections
      .flatMap((section): readonly Declaration[] => section.commands)
      .filter((command) => inDialect(command, dialect) && !reached.has(command))
      .filter((command) => inDialect(command.scope.mode ?? {}, dialect))
      .map((command) => [command.scope.mode?.name, syntaxOf(command.path)]);
    assert.deepEqual(missed, [], `commands of ${dialect} that no generated configuration had`);
  }
});

/** The commands of all rooms. */
const declarations = grammar.sections.flatMap(
  (section): readonly Declaration[] => section.commands,
);

test('the line of a command is read as that command, whatever its values', () => {
  const prng = new Prng(11);
  for (const dialect of DIALECTS)
    for (const command of declarations.filter((c) => inDialect(c, dialect)))
      for (let round = 0; round < 20; round += 1) {
        const values = samplePath(command.path, prng);
        const line = splitLine(formatPath(command.path, values, 'file'));
        const match = matchLine(grammar.spellings(command.scope.mode, dialect), line);
        assert.equal(match.kind, 'matched', `${dialect}: ${line.text}: ${inspect(match)}`);
        assert.ok(match.kind === 'matched');
        assert.deepEqual(match.spelling.command.path, command.path, line.text);
      }
});

test('every keyword is explained where it is offered, and every command in the reference', () => {
  for (const dialect of DIALECTS) {
    const modes = [undefined, ...declarations.filter((c) => c.kind === 'mode')];
    for (const mode of modes) {
      const spellings = grammar
        .spellings(mode, dialect)
        .filter(({ command }) => !command.noEffect && !command.filesOnly);
      for (const spelling of spellings) {
        const words = leadingWords(spelling);
        for (let count = 0; count < words.length; count += 1) {
          const text = words
            .slice(0, count)
            .map((w) => `${w} `)
            .join('');
          const found = continueLine(spellings, text, emptyConfiguration);
          const hint = found?.hints.find((h) => h.text === words[count]);
          assert.ok(hint && hint.help !== '', `"${words[count]}" after "${text}" in ${dialect}`);
        }
      }
    }
  }
  for (const command of declarations)
    assert.match(command.help, /^[A-Z].*\.$/, syntaxOf(command.path));
});

/** The listing of the seed's PIX, its elided lines left out; 002:100-116. */
const pixListing = [
  'PIX Version 6.3(3)',
  'nameif ethernet0 outside security0',
  'nameif ethernet1 inside security100',
  'ip address outside 171.69.89.78 255.255.254.0',
  'ip address inside 10.10.10.1 255.255.255.0',
  'global (outside) 1 interface',
  'nat (inside) 1 0.0.0.0 0.0.0.0 0 0',
  'route outside 0.0.0.0 0.0.0.0 171.69.88.1 1',
  'http server enable',
  'http 10.10.10.2 255.255.255.255 inside',
];

/** A command line over a configuration, and what it printed last. */
function terminal(listing: readonly string[]) {
  let running = parseListing(grammar, listing.join('\n')).configuration;
  const line = new CommandLine<object, never>({
    grammar,
    commands: [],
    needs: {},
    owner: {
      running: () => running,
      startup: () => undefined,
      apply: (candidate) => {
        running = candidate;
      },
    },
  });
  const type = (...texts: readonly string[]): string => {
    let screen = '';
    for (const text of texts) {
      const outcome = line.execute(text);
      screen = outcome.kind === 'text' || outcome.kind === 'error' ? outcome.text : '';
    }
    return screen;
  };
  return { line, type };
}

test('NAT-21: the listing of the PIX stands in its frame, and its checksum changes with it', () => {
  const { line, type } = terminal(pixListing);
  type('configure terminal', 'hostname pix501');
  assert.equal(line.prompt(), 'pix501(config)# ');
  const shown = type('no hostname', 'write terminal').split('\n');
  const checksum = shown.at(-3) ?? '';
  assert.match(checksum, /^Cryptochecksum:[0-9a-f]{32}$/);
  assert.deepEqual(shown, [': Saved', ':', ...pixListing, checksum, ': end', '[OK]']);
  assert.deepEqual(type('write terminal').split('\n'), shown);
  const changed = type('no http server enable', 'write terminal').split('\n');
  assert.notEqual(changed.at(-3), checksum);
  assert.equal(type('http server enable', 'write terminal').split('\n').at(-3), checksum);
});

/** A remote-access configuration as an ASA lists it, with much that has no effect here. */
const asaListing = [
  ': Saved',
  ':',
  'ASA Version 9.1(7)',
  '!',
  'hostname conc',
  'domain-name example.org',
  'names',
  '!',
  'interface GigabitEthernet0/0',
  ' description to the provider',
  ' nameif outside',
  ' security-level 0',
  ' ip address 172.16.172.50 255.255.255.0',
  '!',
  'interface GigabitEthernet0/1',
  ' nameif inside',
  ' security-level 100',
  ' ip address 192.168.2.251 255.255.255.0',
  '!',
  'interface GigabitEthernet0/2',
  ' shutdown',
  ' no nameif',
  ' no security-level',
  ' no ip address',
  '!',
  'ftp mode passive',
  'access-list inner standard permit 192.168.2.0 255.255.255.0',
  'pager lines 24',
  'logging enable',
  'logging buffered informational',
  'mtu outside 1500',
  'mtu inside 1500',
  'ip local pool vpnpool 40.1.1.1-40.1.1.254 mask 255.255.255.0',
  'no failover',
  'icmp unreachable rate-limit 1 burst-size 1',
  'asdm image disk0:/asdm-771.bin',
  'no asdm history enable',
  'arp timeout 14400',
  'route outside 0.0.0.0 0.0.0.0 172.16.172.1 1',
  'timeout xlate 3:00:00',
  'timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02',
  'dynamic-access-policy-record DfltAccessPolicy',
  'user-identity default-domain LOCAL',
  'http server enable',
  'http 192.168.2.0 255.255.255.0 inside',
  'no snmp-server location',
  'no snmp-server contact',
  'crypto ipsec ikev1 transform-set strong esp-aes-256 esp-sha-hmac',
  'crypto ipsec security-association pmtu-aging infinite',
  'crypto dynamic-map dyn 10 set ikev1 transform-set strong',
  'crypto dynamic-map dyn 10 set reverse-route',
  'crypto map outside_map 65535 ipsec-isakmp dynamic dyn',
  'crypto map outside_map interface outside',
  'crypto ca trustpool policy',
  'crypto isakmp nat-traversal 20',
  'crypto ikev1 enable outside',
  'crypto ikev1 policy 10',
  ' authentication pre-share',
  ' encryption aes-256',
  ' hash sha',
  ' group 2',
  ' lifetime 86400',
  'ssh 192.168.2.0 255.255.255.0 inside',
  'console timeout 0',
  'threat-detection basic-threat',
  'no threat-detection statistics tcp-intercept',
  'group-policy staff internal',
  'group-policy staff attributes',
  ' dns-server value 192.168.2.10',
  ' vpn-tunnel-protocol ikev1',
  ' split-tunnel-policy tunnelspecified',
  ' split-tunnel-network-list value inner',
  ' default-domain value example.org',
  'username vpnclient1 password cisco123',
  'username vpnclient1 attributes',
  ' service-type remote-access',
  'tunnel-group ciscovpn type remote-access',
  'tunnel-group ciscovpn general-attributes',
  ' address-pool vpnpool',
  ' default-group-policy staff',
  'tunnel-group ciscovpn ipsec-attributes',
  ' ikev1 pre-shared-key cisco',
  '!',
  'class-map inspection_default',
  ' match default-inspection-traffic',
  '!',
  'policy-map global_policy',
  ' class inspection_default',
  '  inspect dns preset_dns_map',
  '  inspect ftp',
  '!',
  'service-policy global_policy global',
  'prompt hostname context',
  'no call-home reporting anonymous',
  'Cryptochecksum:0f3f1e4e6c2b4d5c8a7b6a5948372615',
  ': end',
];

/** What is wrong with a listing, as `headend check` prints it. */
const complaints = (listing: readonly string[]): string[] =>
  parseListing(grammar, listing.join('\n'))
    .diagnostics.filter((d) => d.severity !== 'info')
    .map((d) => formatDiagnostic('conc.cfg', d))
    // That no "http" and no "ssh" line has an effect is no matter of these tests.
    .filter((text) => !/"(http|ssh) /.test(text));

test('a listing of an ASA loads unchanged but for the fence, which one command opens', () => {
  const refused = complaints(asaListing);
  assert.deepEqual(
    refused.map((text) => /permitted; "(legacy-crypto permit [^"]*)" permits it$/.exec(text)?.[1]),
    [
      'legacy-crypto permit hash sha',
      'legacy-crypto permit hash sha',
      'legacy-crypto permit dh-group 2',
      'legacy-crypto permit aggressive-mode',
    ],
  );
  const permit = 'legacy-crypto permit hash sha dh-group 2 aggressive-mode';
  assert.equal(parseListing(grammar, asaListing.join('\n')).diagnostics.at(-1)?.text, permit);
  const opened = [...asaListing.slice(0, -2), permit];
  assert.deepEqual(complaints(opened), []);
  const text = listed(parseListing(grammar, opened.join('\n')).configuration, 'asa');
  const bare = (lines: readonly string[]) => lines.filter((l) => !/^[!:]|^ no |^ lifetime/.test(l));
  const written = new Set(text.split('\n'));
  assert.deepEqual(
    bare(opened).filter((l) => !written.has(l)),
    [],
  );
});

test('a wrong line of a long listing is named with its number, its reason and the nearest command', () => {
  const damaged = asaListing.map((line) =>
    line
      .replace('crypto isakmp nat-traversal 20', 'crypto isakmp nat-travesal 20')
      .replace('40.1.1.254 mask', '40.1.1.256 mask')
      .replace('crypto ikev1 policy 10', 'crypto isakmp polcy 10'),
  );
  assert.deepEqual(
    complaints(damaged).filter((text) => !text.includes('legacy-crypto')),
    [
      'conc.cfg:33: "ip local pool vpnpool 40.1.1.1-40.1.1.256 mask 255.255.255.0": "40.1.1.1-40.1.1.256" is not a range of addresses',
      'conc.cfg:55: "crypto isakmp nat-travesal 20": not understood; did you mean "crypto isakmp nat-traversal"?',
      'conc.cfg:56: warning: "crypto ikev1 enable outside": there is no policy of phase 1, so no peer gets an answer; "crypto ikev1 policy 10" adds one',
      'conc.cfg:57: "crypto isakmp polcy 10": not understood, and neither are the 5 lines inside it; did you mean "crypto isakmp policy"?',
      'conc.cfg:79: "address-pool vpnpool": there is no pool "vpnpool"',
    ],
  );
});

test('a secret is in the file and in nothing that people see', () => {
  const { type } = terminal([...asaListing, 'legacy-crypto permit all']);
  const screens = [
    type('show running-config'),
    type('show running-config all'),
    type('show running-config tunnel-group'),
    type('write terminal'),
    complaints([...asaListing, 'username eve pasword cisco123', 'enable pasword cisco123']).join(),
  ].join('\n');
  assert.match(screens, /ikev1 pre-shared-key \*{5}/);
  assert.match(screens, /username vpnclient1 password \*{5}/);
  assert.doesNotMatch(screens, /cisco123|pre-shared-key cisco/);
  const { configuration } = parseListing(grammar, asaListing.join('\n'));
  assert.match(startupText(grammar, configuration), /\n ikev1 pre-shared-key cisco\n/);
});
