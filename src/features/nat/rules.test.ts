import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ipv4ToNumber } from '#base/address';
import type { Configuration } from '#config/configuration';
import { grammarOf } from '#config/grammar';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { natRoom } from './commands.ts';
import { changeOfPlan, isPatBox, patPlanOf } from './feature.ts';
import { isBroadcastOf, type PatInterface, routeTo, ruleFor } from './rules.ts';
import { hosts, seedPlan } from './testing.ts';

const grammar = grammarOf([systemRoom, natRoom]);

/** The lines of the seed's listing that translation reads; 002:103-111. */
const seedListing = [
  'PIX Version 6.3(3)',
  'nameif ethernet0 outside security0',
  'nameif ethernet1 inside security100',
  'ip address outside 171.69.89.78 255.255.254.0',
  'ip address inside 10.10.10.1 255.255.255.0',
  'global (outside) 1 interface',
  'nat (inside) 1 0.0.0.0 0.0.0.0 0 0',
  'route outside 0.0.0.0 0.0.0.0 171.69.88.1 1',
];

/** The configuration of the seed's listing with some lines left out and others added. */
function configured(without: RegExp, ...lines: readonly string[]): Configuration {
  const kept = seedListing.filter((line) => !without.test(line));
  return parseListing(grammar, [...kept, ...lines].join('\n')).configuration;
}

const nothing = /^$/;

const complaintsOf = (configuration: Configuration): string => {
  const plan = patPlanOf(configuration);
  return plan.ok ? '' : plan.error.join('\n');
};

test('the listing of the seed becomes the plan of a PAT box', () => {
  const parsed = parseListing(grammar, seedListing.join('\n'));
  assert.deepEqual(parsed.diagnostics, []);
  const plan = patPlanOf(parsed.configuration);
  assert.ok(plan.ok);
  assert.deepEqual(plan.value, seedPlan());
  assert.ok(isPatBox(parsed.configuration));
  assert.ok(!isPatBox(configured(/^global/)));
  assert.ok(!isPatBox(configured(/^nat/)));
  assert.ok(isPatBox(configured(/^nat/, 'nat (inside) 1 access-list few')));
});

test('the longest prefix wins, among routes and among nat commands; then the metric', () => {
  const plan = patPlanOf(
    configured(
      nothing,
      'route outside 0.0.0.0 0.0.0.0 171.69.88.2 2',
      'route outside 172.16.0.0 255.255.0.0 171.69.88.2 1',
      'nat (inside) 1 10.10.10.0 255.255.255.128 9 0',
    ),
  );
  assert.ok(plan.ok);
  const gatewayTo = (a: string) => routeTo(plan.value, ipv4ToNumber(address(a)))?.gateway;
  assert.equal(gatewayTo('172.16.172.50'), ipv4ToNumber(address('171.69.88.2')));
  assert.equal(gatewayTo('8.8.8.8'), ipv4ToNumber(hosts.gateway));
  assert.equal(gatewayTo('10.10.10.9'), undefined);
  const ruleOf = (a: string) => ruleFor(plan.value, 'inside', ipv4ToNumber(address(a)));
  assert.equal(ruleOf('10.10.10.2')?.connectionsMax, 9);
  assert.equal(ruleOf('10.10.10.130')?.connectionsMax, 0);
  assert.equal(ruleFor(plan.value, 'outside', 1), undefined);
});

test('what keeps a box from working is said in one sentence each', () => {
  const complaints: readonly (readonly [RegExp, RegExp, string])[] = [
    [/^nat \(inside\) 2: no "global/m, /^nat/, 'nat (inside) 2 0.0.0.0 0.0.0.0 0 0'],
    [/^nat \(inside\) 0: .* untranslated/m, nothing, 'nat (inside) 0 10.0.0.0 255.0.0.0 0 0'],
    [
      /^nat \(inside\) 1 access-list: translating by a list/m,
      nothing,
      'nat (inside) 1 access-list few',
    ],
    [
      /^nat \(inside\) 1 access-list: translating by a list/m,
      /^nat/,
      'nat (inside) 1 access-list few',
    ],
    [/no interface "dmz" has an address/, nothing, 'nat (dmz) 1 0.0.0.0 0.0.0.0 0 0'],
    [/^global \(dmz\): no interface/m, nothing, 'global (dmz) 1 interface'],
    [
      /gateway 9\.9\.9\.9 is in the network of no "outside"/,
      /^route/,
      'route outside 0 0 9.9.9.9 1',
    ],
    [/two named interfaces/, /^ip address inside/, ''],
  ];
  for (const [expected, without, line] of complaints)
    assert.match(complaintsOf(configured(without, line)), expected, line);
  assert.equal(complaintsOf(configured(nothing)), '');
});

test('addresses and rules change in place, the set of interfaces does not', () => {
  const plan = seedPlan();
  const moved = plan.interfaces.map((i) => ({ ...i, address: i.address + 1 }));
  assert.equal(changeOfPlan(plan, { ...plan, interfaces: moved }), 'inPlace');
  const third: PatInterface = { ...(moved[0] as PatInterface), name: 'dmz', hardware: 'ethernet2' };
  assert.equal(changeOfPlan(plan, { ...plan, interfaces: [...moved, third] }), 'restart');
});

test('broadcasts are those of the network, and a link of two stations has none', () => {
  const [outside] = seedPlan().interfaces as [PatInterface];
  const isBroadcast = (a: string, i = outside) => isBroadcastOf(i, ipv4ToNumber(address(a)));
  assert.ok(isBroadcast('171.69.89.255'));
  assert.ok(isBroadcast('171.69.88.0'));
  assert.ok(isBroadcast('255.255.255.255'));
  assert.ok(!isBroadcast('171.69.88.255'));
  assert.ok(!isBroadcast('10.10.10.255'));
  assert.ok(!isBroadcast('171.69.89.79', { ...outside, mask: 0xfffffffe }));
});
