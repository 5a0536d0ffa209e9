import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandLine } from '#config/command-line';
import { formatDiagnostic } from '#config/diagnostic';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { loadBalancingOf } from './config.ts';
import { diagnose } from './diagnosis.ts';
import { filterStops, masterKeepsClients, memberCannotBegin } from './events.ts';
import { filtersText, filtersView } from './filter-view.ts';
import { filterOfSide } from './filters.ts';
import {
  clusterGrammar,
  concentrator,
  memberListing,
  type TestMember,
  TestNet,
} from './testing.ts';
import { clusterText, statisticsText } from './text.ts';
import { clusterView } from './view.ts';

const [personality, rules] = concentrator;
const parse = (...lines: readonly string[]) => parseListing(clusterGrammar, lines.join('\n'));
/** What is said about filters in a member's file. */
const said = (listing: string) =>
  parse(listing)
    .diagnostics.map((d) => formatDiagnostic('n.cfg', d))
    .filter((text) => /filter/.test(text));

/** How many peers both pages of a member say that it has; one of them lists them. */
const peersOf = (net: TestNet, member: TestMember) => {
  const view = clusterView(member.cluster, member.configuration, net.now);
  const page = statisticsText(view);
  const said = Number(/^Number of Peers +(\d+)$/m.exec(page)?.[1]);
  assert.equal(page.match(/^10\.32\.1\.\d+ .*:\d\d$/gm)?.length ?? 0, said);
  assert.equal(/No Peers$/.test(page), said === 0);
  assert.match(clusterText(view), new RegExp(`^Peers : ${said}$`, 'm'));
  return said;
};

const findings = (net: TestNet, { cluster, configuration }: TestMember) =>
  diagnose(
    clusterView(cluster, configuration, net.now),
    cluster.encryption.status(net.now),
  ).findings.filter(({ text }) => /filter "/.test(text));

test('LB-18: the private filter is on the private interface, the public one on the public, unless said', () => {
  const names = (...lines: readonly string[]) => {
    const { configuration } = parse(memberListing(129, ...lines));
    return (['private', 'public'] as const).map((s) => filterOfSide(configuration, s).name);
  };
  assert.deepEqual(names(personality), ['Private', 'Public']);
  assert.deepEqual(names(), ['none', 'none'], 'an ASA has no filters (G-10)');
  const applied = 'interface GigabitEthernet0/0\n filter private';
  assert.deepEqual(names(applied), ['none', 'Private']);
});

test('LB-18: without a filter on an interface a VPN 3000 does not become a member; an ASA does', () => {
  const unfiltered = memberListing(
    129,
    personality,
    rules,
    'interface GigabitEthernet0/1\n filter none',
  ).replace(/\n participate$/, '');
  let running = parse(unfiltered).configuration;
  const line = new CommandLine<object, never>({
    grammar: clusterGrammar,
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
  const type = (text: string) => {
    const outcome = line.execute(text);
    return outcome.kind === 'text' || outcome.kind === 'error' ? outcome.text : '';
  };
  for (const text of ['configure terminal', 'vpn load-balancing']) type(text);
  assert.match(type('participate'), /interface "inside" has no filter.*"no filter" in its mode/);
  assert.equal(loadBalancingOf(running).participates, false);
  for (const text of ['interface GigabitEthernet0/1', 'no filter', 'vpn load-balancing'])
    type(text);
  type('participate');
  assert.equal(loadBalancingOf(running).participates, true);
  type('interface GigabitEthernet0/1');
  assert.match(type('filter none'), /has no filter/, 'nor is one taken from a member');
  assert.deepEqual(said(memberListing(129)), []);
});

test('LB-20 LB-21 LB-81: peers appear when the public filter has VCA In and VCA Out, and vanish without; the cause is named', () => {
  const net = new TestNet();
  const first = net.add(memberListing(131, ...concentrator));
  net.run(10_000);
  const second = net.add(memberListing(130, personality));
  net.run(10_000);
  assert.deepEqual([peersOf(net, first), peersOf(net, second)], [0, 0]);
  const rows = clusterText(clusterView(first.cluster, first.configuration, net.now));
  assert.match(rows, /^172\.18\.124\.130 .* public side closed$/m, 'it is there, and that is why');
  assert.match(second.said(filterStops)[0] ?? '', /Filter Public of interface outside/);
  const rulesSaid = new Set(second.said(filterStops).map((t) => /VCA \w+/.exec(t)?.[0]));
  assert.deepEqual(rulesSaid, new Set(['VCA In', 'VCA Out']));
  assert.equal(second.said(filterStops).length, 2, 'one line a minute and direction');
  const [problem] = findings(net, second);
  assert.match(problem?.text ?? '', /stops what members say on UDP port 9023.*[1-9]\d* datagrams/);
  assert.match(problem?.remedy ?? '', /"rule add "VCA In"" in "filter Public"/);
  second.configure(memberListing(130, personality, 'filter Public\n rule add "VCA In"'));
  net.run(10_000);
  assert.equal(peersOf(net, first), 0, 'one rule is not enough: nothing answers the others');
  second.configure(memberListing(130, ...concentrator));
  net.run(10_000);
  assert.deepEqual([peersOf(net, first), peersOf(net, second)], [1, 1]);
  assert.deepEqual(findings(net, second), []);
  second.configure(memberListing(130, personality));
  net.run(60_000);
  assert.equal(peersOf(net, first), 0);
});

test('LB-20 LB-44: a member whose public filter is closed is the last to become master, and says that it keeps all clients', () => {
  const net = new TestNet();
  const first = net.add(memberListing(131, ...concentrator, ' priority 10'));
  net.run(10_000);
  const closed = net.add(memberListing(129, personality, ' priority 9'));
  const open = net.add(memberListing(130, ...concentrator, ' priority 2'));
  net.run(10_000);
  first.isUp = false;
  net.run(5000);
  assert.deepEqual([closed.role, open.role], ['backup', 'master']);
  assert.deepEqual(closed.said(masterKeepsClients), []);
  open.isUp = false;
  net.run(5000);
  assert.deepEqual([closed.role, closed.ownsAddress], ['master', true], 'there is nobody else');
  const kept =
    'This device is master and sends clients to no other member: filter Public of interface outside has no rule "VCA In"';
  net.run(60_000);
  assert.deepEqual(closed.said(masterKeepsClients), [kept]);
  assert.ok(findings(net, closed).length > 0);
  const { findings: all } = diagnose(
    clusterView(closed.cluster, closed.configuration, net.now),
    closed.cluster.encryption.status(net.now),
  );
  assert.ok(all.some(({ text }) => /sends clients to no other member/.test(text)));
  closed.configure(memberListing(129, ...concentrator, ' priority 9'));
  net.run(1000);
  closed.configure(memberListing(129, personality, ' priority 9'));
  net.run(1000);
  assert.deepEqual(closed.said(masterKeepsClients), [kept, kept], 'once for each time');
});

test('LB-20: a private filter that lets nothing pass keeps a member out, and takes the address from a master: it would hear nobody', () => {
  const net = new TestNet();
  const closed = 'filter Private\n default-action drop';
  const first = net.add(memberListing(131, ...concentrator));
  net.run(10_000);
  const second = net.add(memberListing(130, ...concentrator, closed));
  net.run(10_000);
  assert.deepEqual([second.role, second.ownsAddress, peersOf(net, first)], ['off', false, 0]);
  const reason = /filter "Private" of interface "inside" stops what members say on UDP port 9023/;
  assert.match(second.said(memberCannotBegin)[0] ?? '', reason);
  assert.match(findings(net, second)[0]?.text ?? '', reason);
  second.configure(memberListing(130, ...concentrator));
  net.run(10_000);
  assert.deepEqual([second.role, peersOf(net, first)], ['backup', 1]);
  first.configure(memberListing(131, ...concentrator, closed));
  net.run(100);
  assert.equal(first.ownsAddress, false);
  assert.match(first.said(filterStops)[0] ?? '', /Filter Private of interface inside/);
  net.run(5000);
  assert.deepEqual([second.role, second.ownsAddress], ['master', true]);
  first.configure(memberListing(131, ...concentrator));
  net.run(10_000);
  assert.deepEqual([first.role, peersOf(net, second)], ['backup', 1]);
});

test('a filter is not named as what a PIX filters, whose lines are kept without effect', () => {
  const listing = 'interface GigabitEthernet0/0\n filter url';
  assert.deepEqual(said(listing), [
    'n.cfg:2: "filter url": "url" is no name of a filter: "filter url" is a line of its own',
  ]);
});

test('LB-22: rules follow the port of the cluster; one that names a port does not, and is named', () => {
  const named = 'filter Public\n rule add "VCA In" port 9023\n rule add "VCA Out" port 9023';
  const net = new TestNet();
  const listing = (host: number, ...lines: readonly string[]) =>
    memberListing(host, personality, ...lines);
  const first = net.add(listing(131, named));
  net.run(10_000);
  const second = net.add(listing(130, named));
  net.run(10_000);
  assert.deepEqual([peersOf(net, first), peersOf(net, second)], [1, 1]);
  for (const [member, host] of [
    [first, 131],
    [second, 130],
  ] as const)
    member.configure(listing(host, named, ' cluster port 5023'));
  net.run(10_000);
  assert.deepEqual([peersOf(net, first), peersOf(net, second)], [0, 0]);
  const rows = clusterText(clusterView(first.cluster, first.configuration, net.now));
  assert.match(rows, /^172\.18\.124\.130 .* public side closed$/m, 'it is there, and that is why');
  assert.match(second.said(filterStops).at(-1) ?? '', /"VCA \w+" for UDP port 5023/);
  const [problem] = findings(net, second);
  assert.match(problem?.text ?? '', /lets UDP port 9023 pass, and members speak on 5023/);
  assert.match(
    said(listing(130, named, ' cluster port 5023'))[0] ?? '',
    /^n\.cfg:\d+: warning: "rule add "VCA In" port 9023": .*members speak on 5023; "rule add "VCA In"" in "filter Public", without a port, follows/,
  );
  assert.deepEqual(said(listing(130, rules, ' cluster port 5023')), []);
  for (const [member, host] of [
    [first, 131],
    [second, 130],
  ] as const)
    member.configure(listing(host, rules, ' cluster port 5023'));
  net.run(10_000);
  assert.deepEqual([peersOf(net, first), peersOf(net, second)], [1, 1]);
});

test('LB-20: rules are assigned and taken away by name, listed and shown', () => {
  const { configuration, diagnostics } = parse(
    memberListing(129, personality, ' cluster port 4444'),
    'filter public',
    ' rule add vca in',
    ' rule add "VCA Out" port 9023',
    'filter Guests',
    ' default-action forward',
    ' rule add "VCA In"',
    ' rule remove "VCA In"',
  );
  assert.deepEqual(
    diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  const listed = formatListing(
    listConfiguration(clusterGrammar, configuration, { audience: 'file' }),
    'asa',
  ).join('\n');
  assert.match(listed, /filter Public\n rule add "VCA In"\n rule add "VCA Out" port 9023\n/);
  assert.match(listed, /filter Guests\n default-action forward\n/);
  const net = new TestNet();
  const text = (name?: string) => filtersText(filtersView(configuration, name, net.now));
  assert.deepEqual(text().split('\n'), [
    'Filter Public, applied to: outside',
    '  VCA In: forward UDP port 4444, that of the cluster',
    '  VCA Out: forward UDP port 9023',
    '  everything else: drop',
    'Filter Private, applied to: inside',
    '  everything else: forward',
    'Filter Guests, applied to: no interface of a member',
    '  everything else: forward',
  ]);
  assert.match(text('Guests'), /^Filter Guests/);
  assert.equal(text('Nobody'), 'There is no such filter');
  assert.match(
    said(memberListing(129, 'interface GigabitEthernet0/0\n filter Nobody'))[0] ?? '',
    /there is no filter "Nobody"/,
  );
});
