import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Links } from '#protocol/vcl/state';
import { enterNewNetwork, ip, missing, systemCalls } from '../userspace/testing/network.ts';
import { LinkWatch } from './link-watch.ts';

const skip = (await missing()) ?? false;

test('LB-02: a cable that is pulled at its other end, comes back or goes with its interface is told', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const sys = await systemCalls();
  enterNewNetwork(sys, []);
  const cable = (name: string, end: string) => {
    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', end);
    ip('link', 'set', 'dev', name, 'up');
    ip('link', 'set', 'dev', end, 'up');
  };
  cable('public0', 'switch0');
  cable('private0', 'switch1');
  let links: Links = { public: true, private: true };
  let told: (() => void) | undefined;
  const until = async (wanted: Links) => {
    while (links.public !== wanted.public || links.private !== wanted.private)
      await new Promise<void>((resolve) => {
        told = resolve;
      });
  };
  const open = () =>
    LinkWatch.open(sys, { public: 'public0', private: 'private0' }, (now) => {
      links = now;
      told?.();
    });
  const watch = open();
  assert.ok(watch);
  ip('link', 'set', 'dev', 'switch0', 'down');
  await until({ public: false, private: true });
  ip('link', 'set', 'dev', 'switch1', 'down');
  await until({ public: false, private: false });
  ip('link', 'set', 'dev', 'switch0', 'up');
  ip('link', 'set', 'dev', 'switch1', 'up');
  await until({ public: true, private: true });
  ip('link', 'delete', 'public0');
  await until({ public: false, private: true });
  cable('public0', 'switch0');
  await until({ public: true, private: true });
  watch.close();
  ip('link', 'set', 'dev', 'private0', 'down');
  assert.deepEqual(links, { public: true, private: true });
  const again = open();
  t.after(() => again?.close());
  assert.deepEqual(links, { public: true, private: false }, 'told at once');
});
