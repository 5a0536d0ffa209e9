import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ipv4ToNumber } from '#base/address';
import { type Configuration, emptyConfiguration } from '#config/configuration';
import { type Interface, type System, systemSlice } from '#config/system';
import { type NatConfiguration, natSlice } from './config.ts';
import { changeOfPlan, isPatBox, patPlanOf } from './feature.ts';
import { isBroadcastOf, type PatInterface, routeTo, ruleFor } from './rules.ts';
import { hosts, seedPlan } from './testing.ts';

const everything = { address: address('0.0.0.0'), length: 0 };

const seedInterfaces: readonly [Interface, Interface] = [
  {
    hardware: 'ethernet0',
    name: 'outside',
    securityLevel: 0,
    address: { address: hosts.outside, length: 23 },
    ipv6: [],
    enabled: true,
    kept: [],
  },
  {
    hardware: 'ethernet1',
    name: 'inside',
    securityLevel: 100,
    address: { address: hosts.inside, length: 24 },
    ipv6: [],
    enabled: true,
    kept: [],
  },
];

const seedNat: NatConfiguration = {
  globals: [{ interface: 'outside', id: 1 }],
  rules: [{ interface: 'inside', id: 1, prefix: everything, maxConnections: 0, embryonicLimit: 0 }],
};

const seedRoutes = [
  { interface: 'outside', prefix: everything, gateway: hosts.gateway, metric: 1 },
] as const;

function configuration(
  nat: Partial<NatConfiguration> = {},
  system: Partial<System> = {},
): Configuration {
  const interfaces = new Map(seedInterfaces.map((i) => [i.hardware, i]));
  const whole = { ...systemSlice.empty, interfaces, routes: seedRoutes, ...system };
  const withSystem = systemSlice.put(emptyConfiguration, whole);
  return natSlice.put(withSystem, { ...seedNat, ...nat });
}

const complaintsOf = (c: Configuration): readonly string[] => {
  const plan = patPlanOf(c);
  return plan.ok ? [] : plan.error;
};

test('the listing of the seed becomes the plan of a PAT box', () => {
  const plan = patPlanOf(configuration());
  assert.ok(plan.ok);
  assert.deepEqual(plan.value, seedPlan());
  assert.ok(isPatBox(configuration()));
  assert.ok(!isPatBox(configuration({ globals: [] })));
  assert.ok(!isPatBox(emptyConfiguration));
});

test('the longest prefix wins, among routes and among nat commands; then the metric', () => {
  const narrow = { address: address('10.10.10.0'), length: 25 };
  const [rule] = seedNat.rules;
  assert.ok(rule);
  const other = { ...seedRoutes[0], gateway: address('171.69.88.2') };
  const detour = {
    ...other,
    prefix: { address: address('172.16.0.0'), length: 16 },
  };
  const plan = patPlanOf(
    configuration(
      { rules: [rule, { ...rule, prefix: narrow, maxConnections: 9 }] },
      { routes: [{ ...other, metric: 2 }, ...seedRoutes, detour] },
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
  const [rule] = seedNat.rules;
  assert.ok(rule);
  const [outside, inside] = seedInterfaces;
  assert.match(complaintsOf(configuration({ rules: [{ ...rule, id: 2 }] })).join(), /no "global/);
  assert.match(complaintsOf(configuration({ rules: [{ ...rule, id: 0 }] })).join(), /untranslated/);
  assert.match(
    complaintsOf(configuration({ rules: [{ ...rule, interface: 'dmz' }] })).join(),
    /no interface "dmz"/,
  );
  assert.match(
    complaintsOf(
      configuration({ globals: [...seedNat.globals, { interface: 'dmz', id: 1 }] }),
    ).join(),
    /global \(dmz\)/,
  );
  assert.match(
    complaintsOf(
      configuration({}, { routes: [{ ...seedRoutes[0], gateway: address('9.9.9.9') }] }),
    ).join(),
    /gateway 9\.9\.9\.9/,
  );
  const sixth = { ...inside, address: { address: address('2001:db8::1'), length: 64 } };
  const interfaces = new Map([
    ['ethernet0', outside],
    ['ethernet1', sixth],
  ]);
  assert.match(
    complaintsOf(configuration({}, { interfaces })).join('\n'),
    /IPv4 only\n.*two named/,
  );
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
