import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { address } from '#base/address';
import { addressesOf, lookupFailure, namesOf } from './name-lookup.ts';

/** An address of loopback for a name server on its usual port. */
const server = address('127.53.9.1');

const skip =
  process.getuid?.() !== 0
    ? 'port 53 needs root'
    : spawnSync('dnsmasq', ['--version']).error && 'dnsmasq is not installed';

/** dnsmasq with a zone of two members: one in order, one whose name leads elsewhere. */
async function zone(t: TestContext): Promise<void> {
  const child: ChildProcess = spawn('dnsmasq', [
    '--keep-in-foreground',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    '--pid-file=',
    '--bind-interfaces',
    `--listen-address=${server}`,
    '--local=/example.com/',
    '--local=/in-addr.arpa/',
    '--host-record=n130.example.com,172.18.124.130,2001:db8::130',
    '--ptr-record=131.124.18.172.in-addr.arpa,stray.example.com',
    '--address=/stray.example.com/198.51.100.1',
    '--ptr-record=133.124.18.172.in-addr.arpa,not_a_name.example.com',
    '--ptr-record=133.124.18.172.in-addr.arpa,elsewhere.example.org',
    '--ptr-record=133.124.18.172.in-addr.arpa,n133.example.com',
    '--host-record=n133.example.com,172.18.124.133',
    '--ptr-record=134.124.18.172.in-addr.arpa,elsewhere.example.org',
    '--log-facility=-',
  ]);
  t.after(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  for await (const chunk of child.stderr ?? []) if (/started/.test(String(chunk))) return;
  assert.fail('dnsmasq did not start');
}

test('GEN-76: dnsmasq is asked for names of addresses and where they lead', { skip }, async (t) => {
  await zone(t);
  const servers = [server];
  assert.deepEqual(await namesOf(address('172.18.124.130'), servers), [
    { name: 'n130.example.com', addresses: ['172.18.124.130'] },
  ]);
  assert.deepEqual(await namesOf(address('2001:db8::130'), servers), [
    { name: 'n130.example.com', addresses: ['2001:db8::130'] },
  ]);
  assert.deepEqual(await namesOf(address('172.18.124.131'), servers), [
    { name: 'stray.example.com', addresses: ['198.51.100.1'] },
  ]);
  assert.deepEqual(await namesOf(address('172.18.124.132'), servers), [], 'no such record');
  const servants = (await namesOf(address('172.18.124.133'), servers)).map(({ name }) => name);
  assert.deepEqual(servants, ['n133.example.com'], 'others that nobody answers for do no harm');
  await assert.rejects(namesOf(address('172.18.124.134'), servers), /REFUSED/);
  assert.deepEqual(await addressesOf('n130.example.com', servers), [
    '172.18.124.130',
    '2001:db8::130',
  ]);
  assert.deepEqual(await addressesOf('nobody.example.com', servers), []);
});

test('GEN-76: where nobody listens, that is said, and not that there is no name', async () => {
  await assert.rejects(namesOf(address('172.18.124.130'), [address('127.53.9.2')]), (error) => {
    assert.match(lookupFailure(error), /no name server (listens|answers)/);
    return true;
  });
});

test('GEN-76: a server that answers with garbage is called that', { skip }, async (t) => {
  const garbage = createSocket('udp4');
  t.after(() => garbage.close());
  // The question without the octets that say how many there are.
  garbage.on('message', (question, from) => {
    garbage.send(question.subarray(0, 5), from.port, from.address);
  });
  const place = address('127.53.9.3');
  garbage.bind(53, place);
  await once(garbage, 'listening');
  await assert.rejects(namesOf(address('172.18.124.130'), [place]), (error) => {
    assert.match(lookupFailure(error), /^the name server answers with something/);
    return true;
  });
});
