import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStory } from './story.ts';

const world = { file: 'steps.txt', nodes: ['c1', 'conc'], interfaces: ['c1:eth0'] };
const parse = (...lines: string[]) => parseStory(lines.join('\n'), world);

test('a story is needs, variants and steps whose titles carry requirement IDs', () => {
  const story = parse(
    '# how two meet',
    'needs vpnc tshark',
    'variant plain: without anything between',
    '',
    'step NAT-01 NAT-38: they meet: at once',
    '  capture c1:eth0',
    '  run conc: sysctl -w a=1; echo b: c',
    '  start conc daemon: exec daemon --listen 10.0.0.1:500',
    '  wait 10s for daemon: ready: yes',
    '  wait 5s until c1: ip link show tun0',
    '  when plain fail c1: ping -c 1 10.0.0.1',
    '  match expect/a.json c1: ip -json link',
    '  finish 20s daemon',
    '  seen c1:eth0: udp.port == 4500',
    '  unseen c1:eth0: icmp',
    'step: without an ID',
    '  expect c1: true',
  );
  assert.deepEqual(story.needs, ['vpnc', 'tshark']);
  assert.deepEqual(story.variants, [{ name: 'plain', description: 'without anything between' }]);
  assert.deepEqual(
    story.steps.map(({ title }) => title),
    ['NAT-01 NAT-38: they meet: at once', 'without an ID'],
  );
  assert.deepEqual(
    story.steps[0]?.statements.map(({ action }) => action),
    [
      { verb: 'capture', node: 'c1', interfaceName: 'eth0' },
      { verb: 'run', node: 'conc', command: 'sysctl -w a=1; echo b: c' },
      {
        verb: 'start',
        name: 'daemon',
        node: 'conc',
        command: 'exec daemon --listen 10.0.0.1:500',
      },
      { verb: 'hear', name: 'daemon', text: 'ready: yes', timeoutMs: 10_000 },
      { verb: 'until', node: 'c1', command: 'ip link show tun0', timeoutMs: 5_000 },
      { verb: 'fail', node: 'c1', command: 'ping -c 1 10.0.0.1' },
      { verb: 'match', file: 'expect/a.json', node: 'c1', command: 'ip -json link' },
      { verb: 'finish', name: 'daemon', timeoutMs: 20_000 },
      { verb: 'seen', place: 'c1:eth0', filter: 'udp.port == 4500' },
      { verb: 'unseen', place: 'c1:eth0', filter: 'icmp' },
    ],
  );
  assert.equal(story.steps[0]?.statements[5]?.variant, 'plain');
  assert.equal(story.steps[0]?.statements[5]?.lineNumber, 11);
});

test('a wrong line is named with its number and reason', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['needs emacs'], /steps.txt:1: "emacs" is not one of/],
    [['variant plain'], /:1: a variant is/],
    [['expect c1: true'], /:1: statements stand below a step/],
    [['step nat-1: a'], /:1: "nat-1" is not a list of requirement IDs/],
    [['step NAT-01:'], /:1: a step is/],
    [['step: a', 'variant b: c'], /:2: variants stand before/],
    [['step: a', 'hope c1: b'], /:2: "hope" is not one of run,/],
    [['step: a', 'run c9: b'], /:2: no node is called "c9"/],
    [['step: a', 'run c1:'], /:2: the command is missing/],
    [['step: a', 'start c1 b'], /:2: to start is/],
    [['step: a', 'stop b'], /:2: nothing called "b" was started/],
    [['step: a', 'start c1 b: c', 'wait 10 for b: d'], /:3: "10" is not a time/],
    [['step: a', 'wait 10s b'], /:2: to wait is/],
    [['step: a', 'capture c1:eth1'], /:2: no link ends at "c1:eth1"/],
    [['step: a', 'seen c1:eth0: esp'], /:2: "c1:eth0" was not captured/],
    [['step: a', 'when raining run c1: b'], /:2: no variant is called "raining"/],
    [['step: a', 'step: b', 'run c1: c'], /a step without statements: a/],
    [['# nothing'], /a step without statements/],
  ];
  for (const [lines, message] of wrong) assert.throws(() => parse(...lines), message);
});
