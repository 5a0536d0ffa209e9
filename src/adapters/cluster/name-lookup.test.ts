import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { address } from '#base/address';
import { addressesOf, lookupFailure, namesOf } from './name-lookup.ts';
import { NameLookups } from './name-lookups.ts';

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

/** A name server of which every answer is as long as one can be: 4,000 names for an address. */
async function verbose(t: TestContext, place: string): Promise<void> {
  const datagrams = createSocket('udp4');
  t.after(() => datagrams.close());
  const questionOf = (message: Uint8Array) => message.subarray(12, message.indexOf(0, 12) + 5);
  const header = (message: Uint8Array, flags: number, count: number) =>
    Uint8Array.from([
      ...message.subarray(0, 2),
      flags,
      0,
      0,
      1,
      count >> 8,
      count & 255,
      0,
      0,
      0,
      0,
    ]);
  const records = Array.from({ length: 4000 }, (_, i) =>
    Buffer.from(`\xc0\x0c\0\x0c\0\x01\0\0\0\x3c\0\x03\x01${'abcdefgh'[i % 8]}\0`, 'latin1'),
  );
  const longAnswer = (message: Uint8Array) => {
    const answer = Buffer.concat([header(message, 0x84, 4000), questionOf(message), ...records]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    return Buffer.concat([length, answer]);
  };
  // Truncated: the rest is asked for over TCP.
  datagrams.on('message', (message, from) => {
    const answer = Buffer.concat([header(message, 0x86, 0), questionOf(message)]);
    datagrams.send(answer, from.port, from.address);
  });
  datagrams.bind(53, place);
  const streams = createServer((stream) => {
    stream.on('error', () => {});
    let rest = Buffer.alloc(0);
    stream.on('data', (octets) => {
      rest = Buffer.concat([rest, octets]);
      while (rest.length > 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        stream.write(longAnswer(rest.subarray(2, end)));
        rest = rest.subarray(end);
      }
    });
  });
  t.after(() => streams.close());
  streams.listen(53, place);
  await Promise.all([once(datagrams, 'listening'), once(streams, 'listening')]);
}

test('GEN-76: of an answer as long as one can be, four names are looked at, in a thread of their own', {
  skip,
}, async (t) => {
  const place = address('127.53.9.4');
  await verbose(t, place);
  const lookups = new NameLookups();
  const question = {
    kind: 'nameOf',
    address: address('172.18.124.130'),
    servers: [place],
  } as const;
  const answer = await lookups.ask(question);
  assert.ok(answer.kind === 'namesFound', JSON.stringify(answer));
  assert.deepEqual(answer.names, [
    { name: 'a', addresses: [] },
    { name: 'b', addresses: [] },
    { name: 'c', addresses: [] },
    { name: 'd', addresses: [] },
  ]);
  assert.equal(lookups.runs, false, 'the thread has ended');
});

test('lookups at once share a thread, and a question that nobody answers says so', async () => {
  const lookups = new NameLookups();
  const servers = [address('127.53.9.2')];
  const asked = [
    lookups.ask({ kind: 'nameOf', address: address('172.18.124.130'), servers }),
    lookups.ask({ kind: 'resolveName', name: 'n130.example.com', servers }),
  ];
  assert.equal(lookups.runs, true);
  const [name, where] = await Promise.all(asked);
  assert.ok(name?.kind === 'namesUnknown' && where?.kind === 'failed');
  assert.match(name.reason, /^no name server (listens|answers)/);
  assert.match(where.reason, /^n130\.example\.com cannot be looked up: no name server/);
  assert.equal(lookups.runs, false);
});
