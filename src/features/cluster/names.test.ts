import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { diagnose } from './diagnosis.ts';
import { memberHasNoName, namesNotAnswered } from './events.ts';
import type { ClusterAnswer, FoundName } from './port.ts';
import { clusterAddress, memberListing, type TestMember, TestNet } from './testing.ts';
import { choicesText } from './text.ts';
import { choiceViews, clusterView } from './view.ts';

const client = address('172.18.124.96');
const dnsLines = ['dns domain-lookup inside\ndns name-server 10.2.3.4', ' redirect-fqdn enable'];

const found = (...names: readonly FoundName[]): ClusterAnswer => ({ kind: 'namesFound', names });
/** A zone in which .130 is `n130.example.com`, and so on, both ways. */
const inOrder = (of: IpAddress): ClusterAnswer =>
  found({ name: `N${of.split('.').at(-1)}.example.com`, addresses: [of] });
const dead: ClusterAnswer = { kind: 'namesUnknown', reason: 'no name server answers' };

/** A master, and the backup that clients are sent to. */
function cluster(reverse: (of: IpAddress) => ClusterAnswer, lines = dnsLines) {
  const net = new TestNet();
  const master = net.add(memberListing(131, ...lines));
  master.reverse = reverse;
  net.run(10_000);
  net.add(memberListing(130, ...lines));
  net.run(5000);
  return { net, master };
}

const sent = (net: TestNet, { cluster: { director } }: TestMember) =>
  director.admit(
    {
      local: clusterAddress,
      client: { address: client, port: 500 },
      identity: { kind: 'clientless' },
    },
    net.now,
  );
const byAddress = { kind: 'redirect', target: '172.18.124.130' };
const byName = { ...byAddress, name: 'n130.example.com' };

const hints = (net: TestNet, { cluster, configuration }: TestMember) =>
  diagnose(
    clusterView(cluster, configuration, net.now),
    cluster.encryption.status(net.now),
    cluster.names.nameless(net.now),
  ).findings.filter(({ subject }) => /^name of/.test(subject));

test('GEN-74 GEN-76: with redirect-fqdn, clients are sent to the name that reverse DNS has; without, to the address', () => {
  const { net, master } = cluster(inOrder);
  assert.deepEqual(sent(net, master), byName);
  const [text] = choicesText({ choices: choiceViews(master.cluster) }).split('\n');
  assert.match(
    text ?? '',
    /10\.32\.1\.130 took .* \(sent to 172\.18\.124\.130, n130\.example\.com\)$/,
  );
  const asked: IpAddress[] = [];
  const without = cluster((of) => {
    asked.push(of);
    return inOrder(of);
  }, []);
  assert.deepEqual(sent(without.net, without.master), byAddress);
  assert.deepEqual(asked, [], 'nor is anything looked up');
});

test('GEN-76: the name servers of the configuration are asked, and a name is kept, and asked for again in time', () => {
  let count = 0;
  const { net, master } = cluster((of) => {
    count += 1;
    return inOrder(of);
  });
  net.run(200_000);
  assert.equal(count, 2, 'its own name and that of the backup, once');
  net.run(100_000);
  assert.equal(count, 4);
  assert.deepEqual(sent(net, master), byName);
});

test('GEN-74: without a reverse record, or with one that leads elsewhere, clients are sent to the address, which is said once', () => {
  for (const [reverse, reason] of [
    [() => found(), /DNS has no name for it/],
    [
      () => found({ name: 'gone.example.com', addresses: [address('198.51.100.1')] }),
      /gone\.example\.com does not lead back to it/,
    ],
    [
      (of: IpAddress) => found({ name: 'not a name\r\n', addresses: [of] }),
      /DNS has no name for it/,
    ],
  ] as const) {
    const { net, master } = cluster(reverse);
    assert.deepEqual(sent(net, master), byAddress);
    net.run(130_000);
    const said = master.said(memberHasNoName);
    assert.deepEqual(said.length, 2, 'once for each member, though it was asked again');
    assert.match(said[1] ?? '', reason);
    assert.match(hints(net, master).find((h) => /130/.test(h.subject))?.text ?? '', reason);
    master.reverse = inOrder;
    net.run(70_000);
    assert.deepEqual(sent(net, master), byName, 'entered since');
    assert.deepEqual(hints(net, master), []);
  }
});

test('GEN-76: DNS that does not answer is one event; known names hold for five minutes, then clients are sent to addresses', () => {
  const { net, master } = cluster(inOrder);
  master.reverse = () => dead;
  net.run(280_000);
  assert.deepEqual(sent(net, master), byName);
  net.run(60_000);
  assert.deepEqual(sent(net, master), byAddress);
  assert.deepEqual(master.said(namesNotAnswered).length, 1);
  assert.match(master.said(namesNotAnswered)[0] ?? '', /no name server answers/);
  assert.match(hints(net, master)[0]?.text ?? '', /no name server answers/);
  master.reverse = inOrder;
  net.run(11_000);
  assert.deepEqual(sent(net, master), byName);
});

test('GEN-76: a question that is never answered is asked again; a late answer to the first changes nothing', () => {
  const { net, master } = cluster(inOrder);
  const { names } = master.cluster;
  const target = address('203.0.113.9');
  const [first] = names.look([target], net.now);
  assert.ok(first?.kind === 'cluster' && first.action.kind === 'ask');
  assert.deepEqual(first.action.question, {
    kind: 'nameOf',
    address: target,
    servers: ['10.2.3.4'],
  });
  assert.deepEqual(names.look([target], net.now), []);
  const later = (net.now + 30_000) as typeof net.now;
  const [second] = names.look([target], later);
  assert.ok(second?.kind === 'cluster' && second.action.kind === 'ask');
  const answer = {
    kind: 'namesFound',
    names: [{ name: 'a.example', addresses: [target] }],
  } as const;
  names.answer(first.action.ticket, answer, later);
  assert.equal(names.nameOf(target, later), undefined);
  names.answer(second.action.ticket, answer, later);
  assert.equal(names.nameOf(target, later), 'a.example');
  names.look([], later);
  assert.equal(names.nameOf(target, later), undefined, 'forgotten with its member');
});
