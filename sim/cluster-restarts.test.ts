/** Stories of members that are killed, and are back before anybody has found out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from '#protocol/vcl/events';
import { ClusterLab, type ClusterSetup } from './cluster-lab.ts';

const whole = (lab: ClusterLab) =>
  lab.runUntil('one master whom all follow', () => lab.isWhole(), 6 * lab.helloMs + 20_000);

/** A master of the least priority, and backups that go before it: whoever was up first keeps the address. */
function withLesserMaster(seed: number, backups: number, setup: ClusterSetup) {
  const lab = new ClusterLab(seed, setup, { delayMs: [1, 5], drift: 0.01 });
  const master = lab.add({ priority: 1 });
  for (let n = 0; n < backups; n += 1) lab.add({ priority: 9 - n });
  const best = lab.members[1];
  lab.acquaint();
  master.participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 20_000);
  for (const member of lab.members) if (member !== master) member.participate();
  whole(lab);
  lab.run(lab.random.between(0, lab.helloMs));
  assert.deepEqual(lab.owners, [master]);
  return { lab, master, best };
}

for (const preset of ['fast', 'vpn3000', 'asa'] as const)
  for (const backups of [1, 3])
    test(`LB-44: preset ${preset}, backups: ${backups}; the best replaces a master that is killed and back at once`, () => {
      for (let seed = 1; seed <= 8; seed += 1) {
        const { lab, master, best } = withLesserMaster(seed, backups, { preset });
        lab.always('one master at most', () => (lab.owners.length > 1 ? lab.picture() : undefined));
        master.crash();
        lab.run(lab.random.between(50, 2 * lab.helloMs));
        master.participate();
        lab.runUntil('an owner', () => lab.owners.length > 0, lab.helloMs / 2 + 500, 1);
        assert.deepEqual(lab.owners, [best], lab.picture());
        whole(lab);
        assert.deepEqual(lab.owners, [best], lab.picture());
        assert.match(lab.texts(events.masterLost).join(), /The master 10\.32\.1\.1 is gone/);
      }
    });
