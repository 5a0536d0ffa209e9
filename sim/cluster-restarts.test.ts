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

type Sleep = {
  readonly seed: number;
  /** When the better member is started, seen from the end of the sleep. */
  readonly startsMs: number;
  readonly sleepMs: number;
  /** How long the three are at rest before. */
  readonly afterMs: number;
};

/** How a master fares that stands still, when a member that goes before it is started about then. */
function sleepsWhileStarting(priority: number, { seed, startsMs, sleepMs, afterMs }: Sleep) {
  const lab = new ClusterLab(seed, {}, { delayMs: [0, 2], drift: 0.01 });
  const late = lab.add({ priority: 10 });
  const backup = lab.add({ priority });
  const master = lab.add({ priority });
  lab.acquaint();
  master.participate();
  lab.runUntil('an owner', () => lab.owners.length > 0, 20_000);
  backup.participate();
  late.participate();
  whole(lab);
  late.crash();
  lab.run(afterMs);
  assert.deepEqual(lab.owners, [master]);
  lab.later(sleepMs + startsMs, () => late.participate());
  master.freeze();
  lab.run(sleepMs);
  master.resume();
  const at = lab.elapsedMs;
  lab.run(1);
  lab.runUntil('an owner', () => lab.owners.length > 0, 3000, 1);
  const withoutMs = lab.elapsedMs - at;
  lab.run(1000);
  whole(lab);
  return { withoutMs, isKept: lab.owners[0] === master };
}

for (const priority of [5, 10])
  test(`LB-41: a master of priority ${priority} that stands still while a better member is started is master again after one question`, () => {
    let slept = 0;
    const starts = [-500, -250, -60, -30, -10, -4, -2, -1, 0, 1, 2, 3, 4, 10, 30, 60];
    for (const [n, startsMs] of starts.entries())
      for (let afterMs = 0; afterMs < 1000; afterMs += 125) {
        const sleepMs = 600 + ((97 * n + afterMs) % 200);
        const story = { seed: n + 1, startsMs, sleepMs, afterMs: 4000 + afterMs };
        const { withoutMs, isKept } = sleepsWhileStarting(priority, story);
        assert.ok(isKept, JSON.stringify(story));
        // Two datagrams of 2 ms and the wait of a claim, as clocks go.
        assert.ok(withoutMs <= 108, `${withoutMs} ms without a master: ${JSON.stringify(story)}`);
        if (withoutMs > 1) slept += 1;
      }
    assert.ok(slept >= 40, `${slept} found that they had been asleep`);
  });

for (const preset of ['fast', 'vpn3000', 'asa'] as const)
  test(`preset ${preset}: a member whose store was removed is there once, whatever it was before`, () => {
    for (let seed = 1; seed <= 12; seed += 1)
      for (const victim of [0, 1, 2]) {
        const { lab } = withLesserMaster(seed, 2, { preset });
        const member = lab.members[victim];
        member?.crash();
        member?.forgetStore();
        // Before and after the others have found out.
        lab.run(lab.random.pick([100, 500, 8 * lab.helloMs]));
        member?.participate();
        lab.run(6 * lab.helloMs);
        whole(lab);
        for (const each of lab.members)
          assert.equal(each.state.member.peers.size, 2, `${seed} ${victim}\n${lab.picture()}`);
      }
  });
