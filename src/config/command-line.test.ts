import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessListRoom } from './access-list.ts';
import { ipv4 } from './address-tokens.ts';
import { CommandLine } from './command-line.ts';
import { type Configuration, emptyConfiguration } from './configuration.ts';
import { exec, view } from './exec.ts';
import { grammarOf } from './grammar.ts';
import { keptRoom } from './kept-commands.ts';
import { parseListing } from './parse.ts';
import { systemSlice } from './system.ts';
import { systemRoom } from './system-commands.ts';
import { int } from './tokens.ts';

const grammar = grammarOf([systemRoom, accessListRoom, keptRoom]);

type Request = { readonly kind: 'ping'; readonly address: string };
const ping = exec<object, Request>()({
  path: ['ping', ipv4('address', 'Address')],
  words: { ping: 'Send echoes' },
  help: 'Sends echoes.',
  run: (_, { address }) => ({ kind: 'request', request: { kind: 'ping', address } }),
});
const showClients = exec<{ readonly clients: readonly string[] }>()({
  path: ['show clients'],
  words: { show: 'Show something', clients: 'Who is there' },
  help: 'Shows who is there.',
  run: ({ clients }) => ({
    kind: 'view',
    view: view('clients', { clients }, (data) => data.clients.join('\n')),
  }),
});
const showXlate = exec<object>()({
  path: ['show xlate', int('count', 1, 9, 'How many')],
  words: { xlate: 'Translations' },
  dialects: ['pix'],
  help: 'Shows translations.',
  run: (_, { count }) => ({ kind: 'text', text: `${count} in use` }),
});

/** A terminal: what is typed, and what is on the screen then. */
class Terminal {
  running: Configuration;
  startup: Configuration | undefined;
  applied = 0;
  readonly line: CommandLine<{ readonly clients: readonly string[] }, Request>;

  constructor(listing = '') {
    this.running = listing ? parseListing(grammar, listing).configuration : emptyConfiguration;
    this.line = new CommandLine<{ readonly clients: readonly string[] }, Request>({
      grammar,
      commands: [ping, showClients, showXlate],
      needs: { clients: ['alice', 'bob'] },
      owner: {
        running: () => this.running,
        startup: () => this.startup,
        apply: (candidate) => {
          this.running = candidate;
          this.applied += 1;
        },
      },
    });
  }

  type(...lines: readonly string[]): string {
    let screen = '';
    for (const text of lines) {
      const outcome = this.line.execute(text);
      if (outcome.kind === 'view') screen = outcome.view.text();
      else screen = outcome.kind === 'request' ? JSON.stringify(outcome.request) : outcome.text;
    }
    return screen;
  }
}

test('the prompt says the name of the device and the mode', () => {
  const terminal = new Terminal();
  assert.equal(terminal.line.prompt(), 'headend# ');
  terminal.type('configure terminal');
  assert.equal(terminal.line.prompt(), 'headend(config)# ');
  terminal.type('interface Ethernet0/0');
  assert.equal(terminal.line.prompt(), 'headend(config-if)# ');
  terminal.type('hostname box');
  assert.equal(terminal.line.prompt(), 'box(config)# ');
  terminal.type('exit');
  assert.equal(terminal.line.prompt(), 'box# ');
  assert.equal(terminal.type('exit'), '{"kind":"closeSession"}');
});

test('each line takes effect at once, and a wrong or rejected one changes nothing', () => {
  const terminal = new Terminal();
  terminal.type('conf t', 'int Ethernet0/0', 'nameif outside', 'ip address 10.0.0.1 255.0.0.0');
  const [outside] = systemSlice.of(terminal.running).interfaces.values();
  assert.deepEqual(outside?.address, { address: '10.0.0.1', length: 8 });
  const { running, applied } = terminal;
  assert.equal(terminal.type('route outsde 0 0 10.0.0.2'), '% no interface has the name "outsde"');
  assert.match(
    terminal.type('ip address 10.0.0.1 255.0.255.0'),
    /is not a contiguous network mask/,
  );
  assert.match(terminal.type('frobnicate'), /% Invalid input detected/);
  assert.equal(terminal.running, running);
  assert.equal(terminal.applied, applied);
  assert.equal(terminal.line.prompt(), 'headend(config-if)# ');
});

test('an error that the running configuration has already does not stop the mending of another', () => {
  const terminal = new Terminal(
    ['route one 0 0 10.0.0.1', 'route two 10.0.0.0 255.0.0.0 10.0.0.1'].join('\n'),
  );
  assert.equal(terminal.type('conf t', 'no route one 0 0 10.0.0.1'), '');
  assert.equal(systemSlice.of(terminal.running).routes.length, 1);
});

test('messages point at the word that does not fit', () => {
  const terminal = new Terminal();
  assert.equal(
    terminal.type('ping 10.0.0.256'),
    [
      '              ^',
      "% Invalid input detected at '^' marker.",
      '% "10.0.0.256" is not an IPv4 address',
    ].join('\n'),
  );
  assert.equal(terminal.type('e'), '% Ambiguous command:  "e"');
  assert.equal(terminal.type('show'), '% Incomplete command.');
  assert.equal(terminal.type('conf t', 'int Ethernet0/0', 'nameif'), '% Incomplete command.');
  assert.equal(
    terminal.type('security-level 101'),
    [
      `${' '.repeat('headend(config-if)# security-level '.length)}^`,
      "% Invalid input detected at '^' marker.",
      '% 101 is not between 0 and 100',
    ].join('\n'),
  );
});

test('exec commands work in configuration modes, with "do" and without', () => {
  const terminal = new Terminal();
  assert.equal(terminal.type('conf t', 'show clients'), 'alice\nbob');
  assert.equal(terminal.type('do show clients'), 'alice\nbob');
  assert.equal(terminal.type('ping 10.0.0.1'), '{"kind":"ping","address":"10.0.0.1"}');
  assert.equal(terminal.line.prompt(), 'headend(config)# ');
});

test('a command of another dialect is unknown until the device speaks it', () => {
  assert.match(new Terminal().type('show xlate 3'), /Invalid input/);
  assert.equal(new Terminal('PIX Version 6.3(3)').type('show xlate 3'), '3 in use');
});

test('a question mark tells what may come next', () => {
  const terminal = new Terminal();
  assert.equal(
    terminal.type('show ?'),
    [
      '  clients         Who is there',
      '  configuration   The configuration that was saved',
      '  interface       The interfaces of the configuration',
      '  ip              What has to do with IP',
      '  route           The static routes',
      '  running-config  The configuration in force',
      '  startup-config  The configuration that was saved',
    ].join('\n'),
  );
  assert.equal(terminal.type('show c?'), 'clients  configuration');
  assert.equal(terminal.type('show clients ?'), '  <cr>');
  assert.equal(terminal.type('ping ?'), '  A.B.C.D  Address');
  assert.equal(terminal.type('frobnicate ?'), '% Unrecognized command');
  terminal.type('conf t', 'int Ethernet0/0');
  assert.equal(terminal.type('security-level ?'), '  <0-100>  How far the network is trusted');
  assert.match(terminal.type('?'), /^ {2}shutdown +Put the interface out of service$/m);
  assert.match(terminal.type('?'), /^ {2}exit +Leave this mode$/m);
  assert.doesNotMatch(terminal.type('end', 'conf t', '?'), /mtu|ASA/);
});

test('Tab adds the letters that all candidates share, and names of what exists', () => {
  const terminal = new Terminal();
  assert.deepEqual(terminal.line.complete('sh'), { text: 'show ', candidates: [] });
  assert.deepEqual(terminal.line.complete('show c'), {
    text: 'show c',
    candidates: ['clients', 'configuration'],
  });
  assert.deepEqual(terminal.line.complete('show co'), {
    text: 'show configuration ',
    candidates: [],
  });
  assert.deepEqual(terminal.line.complete('frob'), { text: 'frob', candidates: [] });
  terminal.type('conf t', 'int Ethernet0/0', 'nameif outside');
  assert.deepEqual(terminal.line.complete('route o'), { text: 'route outside ', candidates: [] });
  assert.deepEqual(terminal.line.complete('no secu'), {
    text: 'no security-level ',
    candidates: [],
  });
});

test('en is enable, and end is written out', () => {
  const terminal = new Terminal();
  assert.equal(terminal.type('en'), '');
  assert.equal(terminal.type('end'), '');
  terminal.type('conf t', 'interface Ethernet0/0', 'end');
  assert.equal(terminal.line.prompt(), 'headend# ');
});

test('behind a bar, ? and Tab offer the filters', () => {
  const terminal = new Terminal();
  const offered = ['begin', 'count', 'exclude', 'include', 'json'];
  const words = (text: string) => [...text.matchAll(/^ {2}(\w+)/gm)].map((m) => m[1]).sort();
  assert.deepEqual(words(terminal.line.help('show clients | ')), offered);
  assert.deepEqual(words(terminal.type('show clients | ?')), offered);
  assert.equal(terminal.line.help('show clients | ex'), 'exclude');
  assert.match(terminal.line.help('show clients | count '), /TEXT[\s\S]*<cr>/);
  assert.equal(terminal.line.complete('show clients | inc').text, 'show clients | include ');
  assert.equal(terminal.line.help('nonsense | '), '% Unrecognized command');
});

test('count counts all lines, or those that hold a text', () => {
  const terminal = new Terminal();
  assert.equal(terminal.type('show clients | count'), '2 lines');
  assert.equal(terminal.type('show clients | count ali'), '1 lines');
  assert.equal(terminal.type('show clients | count nobody'), '0 lines');
});

test('what hands type by habit is answered with what there is and where the rest is', () => {
  const terminal = new Terminal(
    [
      'interface Ethernet0/0',
      ' nameif outside',
      ' ip address 10.0.0.1 255.0.0.0',
      'route outside 0 0 10.0.0.2',
    ].join('\n'),
  );
  assert.match(terminal.type('show interface'), /Ethernet0\/0 +outside +10\.0\.0\.1\/8/);
  assert.match(terminal.type('show ip interface brief'), /"ip -s link"/);
  assert.match(terminal.type('show route'), /0\.0\.0\.0\/0 +10\.0\.0\.2 +outside/);
  assert.match(new Terminal().type('sh ip ro'), /no static route[\s\S]*"ip route"/);
  assert.match(terminal.type('help'), /\? lists what may come next/);
  assert.match(terminal.type('disable'), /keeps its rights/);
});

test('output goes through filters, and a view shows its data as JSON', () => {
  const terminal = new Terminal();
  assert.equal(terminal.type('show clients | include bo'), 'bob');
  assert.equal(terminal.type('show clients | exclude bo'), 'alice');
  assert.equal(terminal.type('show clients | begin b'), 'bob');
  assert.equal(terminal.type('show clients | count'), '2 lines');
  assert.deepEqual(JSON.parse(terminal.type('show clients | json')), { clients: ['alice', 'bob'] });
  terminal.type('conf t', 'int Ethernet0/0', 'description a | include b');
  assert.match(terminal.type('show running-config'), /description a \| include b/);
});

test('show running-config lists all, a part, or what has its default too', () => {
  const terminal = new Terminal();
  terminal.type('conf t', 'hostname box', 'int Ethernet0/0', 'nameif outside');
  assert.equal(
    terminal.type('show run int'),
    'interface Ethernet0/0\n nameif outside\n security-level 0',
  );
  assert.match(terminal.type('show run all int'), /\n no shutdown/);
  assert.match(terminal.type('show run'), /^: Saved\n:\nhostname box\n!\n/);
  assert.equal(terminal.type('show run nothing'), '');
});

test('what was changed since the configuration was saved is shown as lines', () => {
  const terminal = new Terminal();
  assert.match(terminal.type('show configuration changes'), /% No configuration was saved/);
  terminal.type('conf t', 'int Ethernet0/0', 'nameif outside');
  terminal.startup = terminal.running;
  assert.equal(terminal.type('show configuration changes'), 'Nothing was changed');
  terminal.type('security-level 10', 'hostname box');
  assert.equal(
    terminal.type('show configuration changes'),
    [
      '  interface Ethernet0/0',
      '-  security-level 0',
      '+ hostname box',
      '  interface Ethernet0/0',
      '+  security-level 10',
    ].join('\n'),
  );
});

test('write memory asks for the file to be written with everything needed to load again', () => {
  const terminal = new Terminal();
  terminal.type('conf t', 'hostname box', 'int Ethernet0/0', 'nameif outside');
  const saved = JSON.parse(terminal.type('write memory')) as { kind: string; text: string };
  assert.equal(saved.kind, 'saveConfiguration');
  assert.deepEqual(parseListing(grammar, saved.text).configuration, terminal.running);
  assert.equal(terminal.type('wr'), JSON.stringify(saved));
  assert.equal(terminal.type('copy run start'), JSON.stringify(saved));
});

test('a block whose lines are told by indentation is not entered at a terminal', () => {
  const terminal = new Terminal();
  assert.equal(terminal.type('conf t', 'class-map any'), '');
  assert.equal(terminal.line.prompt(), 'headend(config)# ');
});
