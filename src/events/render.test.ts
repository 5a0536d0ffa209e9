import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { instant } from '#base/instant';
import { type EventRecord, event, eventText, occurred } from './event.ts';
import type { LoggedEvent } from './log.ts';
import { renderEvent } from './render.ts';

const peer = address('171.69.89.78');
const why = 'why';
const remedy = 'remedy';

const loadingHost = event({
  class: 'IKEDBG',
  number: 0,
  severity: 7,
  text: 'Loading host:\n  Dst: {destination}\n  Src: {source}',
  ...{ why, remedy },
});
const completed = event({
  class: 'IKE',
  number: 120,
  severity: 4,
  text: 'PHASE 2 COMPLETED (msgid={messageId})',
  ...{ why, remedy },
});
const keyAdd = event({
  class: 'IKEDBG',
  number: 7,
  severity: 8,
  text: 'IKE got a KEY_ADD MSG for SA: SPI = 0x{spi}',
  ...{ why, remedy },
});
const decode = event({
  class: 'IKEDECODE',
  number: 0,
  severity: 8,
  text: '  Exchange Type :{exchange}\n  Length : {length}',
  ...{ why, remedy },
});
const keepaliveRequest = event({
  class: 'LBSSF',
  number: 25,
  severity: 8,
  text: 'LBSSF received KEEPALIVE request from [{address}]',
  ...{ why, remedy },
});

const logged = (
  record: EventRecord,
  sequence: number,
  at: number,
  repeat: number,
): LoggedEvent => ({
  record,
  sequence,
  at: instant(at),
  repeat,
});

const october = Date.UTC(2002, 9, 20, 20, 22, 42, 390);
const vpnclient2 = { peer, group: 'ciscovpn', user: 'vpnclient2' };

test('NAT-61: header, group and user, and the text lines of the concentrator', () => {
  const lines = [
    logged(
      occurred(decode, { exchange: 'Oakley Quick Mode', length: 52 }, { peer }),
      2835,
      october,
      8190,
    ),
    logged(
      occurred(loadingHost, { destination: '172.16.172.50', source: '40.1.1.2' }, vpnclient2),
      ...([2847, october + 10, 9200] as const),
    ),
    logged(occurred(keyAdd, { spi: 'c74e30e5' }), 2872, october + 10, 63),
    logged(occurred(completed, { messageId: '1b050792' }, vpnclient2), 2874, october + 10, 63),
  ].map((e) => renderEvent(e, 'vpn3000'));
  assert.equal(
    lines.join('\n'),
    `2835 10/20/2002 20:22:42.390 SEV=8 IKEDECODE/0 RPT=8190 171.69.89.78
  Exchange Type :Oakley Quick Mode
  Length : 52
2847 10/20/2002 20:22:42.400 SEV=7 IKEDBG/0 RPT=9200 171.69.89.78
Group [ciscovpn] User [vpnclient2]
Loading host:
  Dst: 172.16.172.50
  Src: 40.1.1.2
2872 10/20/2002 20:22:42.400 SEV=8 IKEDBG/7 RPT=63
IKE got a KEY_ADD MSG for SA: SPI = 0xc74e30e5
2874 10/20/2002 20:22:42.400 SEV=4 IKE/120 RPT=63 171.69.89.78
Group [ciscovpn] User [vpnclient2]
PHASE 2 COMPLETED (msgid=1b050792)`,
  );
});

test('the event of a cluster keepalive has the header and text of the concentrator', () => {
  const e = logged(
    occurred(keepaliveRequest, { address: '10.32.1.130' }),
    ...([32198, Date.UTC(2001, 9, 19, 10, 8, 5, 260), 42577] as const),
  );
  assert.equal(
    renderEvent(e, 'vpn3000'),
    '32198 10/19/2001 10:08:05.260 SEV=8 LBSSF/25 RPT=42577\n' +
      'LBSSF received KEEPALIVE request from [10.32.1.130]',
  );
});

test('NAT-41: number, time, date, severity, component and identifier of the VPN client', () => {
  const attempt = event({
    class: 'IKE',
    number: 0x6300003b,
    severity: 6,
    text: 'Attempting to establish a connection with {address}.',
    ...{ why, remedy },
  });
  const begin = event({ ...attempt, class: 'CM', number: 0x63100002, severity: 4, text: 'Begin' });
  const time = Date.UTC(2002, 9, 18, 21, 7, 42, 326);
  assert.equal(
    renderEvent(logged(occurred(attempt, { address: '172.16.172.50' }), 42, time, 1), 'client'),
    '42     21:07:42.326  10/18/02  Sev=Info/6   IKE/0x6300003B\n' +
      'Attempting to establish a connection with 172.16.172.50.',
  );
  assert.match(
    renderEvent(logged(occurred(begin, {}), 104, time, 1), 'client'),
    /^104 {4}21:07:42\.326 {2}10\/18\/02 {2}Sev=Info\/4 {3}CM\/0x63100002\nBegin$/,
  );
  const words = ([1, 2, 3, 4] as const).map(
    (severity) =>
      /Sev=(\w+)\//.exec(
        renderEvent(logged(occurred(event({ ...begin, severity }), {}), 1, time, 1), 'client'),
      )?.[1],
  );
  assert.deepEqual(words, ['Fault', 'Warning', 'Warning', 'Info']);
});

test('an ASA numbers the same events, and names the subject before the text', () => {
  const asa = (record: EventRecord) => renderEvent(logged(record, 1, october, 1), 'asa');
  assert.equal(
    asa(occurred(completed, { messageId: '1b050792' }, vpnclient2)),
    'Oct 20 2002 20:22:42: %ASA-5-713120: Group = ciscovpn, Username = vpnclient2, ' +
      'IP = 171.69.89.78, PHASE 2 COMPLETED (msgid=1b050792)',
  );
  assert.equal(
    asa(occurred(loadingHost, { destination: '192.0.2.1', source: '192.0.2.2' })),
    'Oct 20 2002 20:22:42: %ASA-7-715000: Loading host: Dst: 192.0.2.1 Src: 192.0.2.2',
  );
  const pool = event({ ...keepaliveRequest, class: 'X', severity: 2, asaMessage: 737_019 });
  assert.match(asa(occurred(pool, { address: '192.0.2.1' })), /%ASA-3-737019: /);
  assert.match(asa(occurred(keepaliveRequest, { address: '192.0.2.1' })), /%ASA-7-LBSSF-25: /);
});

test('IOS prints a message with its mnemonic, and a debug line with the time alone', () => {
  const configured = event({
    class: 'SYS',
    number: 1,
    severity: 4,
    mnemonic: 'CONFIG_I',
    text: 'Configured from {line} by {user}',
    ...{ why, remedy },
  });
  const ios = (record: EventRecord) => renderEvent(logged(record, 1, october, 1), 'ios');
  assert.equal(
    ios(occurred(configured, { line: 'console', user: 'console' })),
    'Oct 20 20:22:42.390: %SYS-5-CONFIG_I: Configured from console by console',
  );
  assert.equal(
    ios(occurred(loadingHost, { destination: '192.0.2.1', source: '192.0.2.2' })),
    ['Loading host:', '  Dst: 192.0.2.1', '  Src: 192.0.2.2']
      .map((line) => `Oct 20 20:22:42.390: ${line}`)
      .join('\n'),
  );
  assert.match(
    ios(occurred(completed, { messageId: '1' }, vpnclient2)),
    /%IKE-5-E120: PHASE 2 COMPLETED \(msgid=1\) \(ciscovpn, vpnclient2, 171\.69\.89\.78\)$/,
  );
});

test('JSON carries the text, its arguments, what it means and what to do', () => {
  const e = logged(occurred(completed, { messageId: '1b050792' }, vpnclient2), 7, october, 3);
  assert.deepEqual(JSON.parse(renderEvent(e, 'json')), {
    sequence: 7,
    at: october,
    class: 'IKE',
    number: 120,
    severity: 4,
    repeat: 3,
    ...vpnclient2,
    text: 'PHASE 2 COMPLETED (msgid=1b050792)',
    arguments: { messageId: '1b050792' },
    why,
    remedy,
  });
});

test('what strangers call themselves can neither forge a line nor fill the log', () => {
  const user = 'eve\n9999 10/20/2002 SEV=1 IKE/1\u001b[2J\u0085\u2028\u202e';
  const record = occurred(completed, { messageId: 'a\r\nb{messageId}' }, { user, group: 'g\tg' });
  assert.equal(eventText(record), 'PHASE 2 COMPLETED (msgid=a??b{messageId})');
  assert.equal(record.subject.user, 'eve?9999 10/20/2002 SEV=1 IKE/1?[2J???');
  for (const form of ['vpn3000', 'asa', 'ios', 'json'] as const) {
    const text = renderEvent(logged(record, 1, october, 1), form);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
    assert.ok(text.split('\n').every((line) => !line.startsWith('9999')));
  }
  const long = occurred(completed, { messageId: 'x'.repeat(65_536) }, { user: 'y'.repeat(65_536) });
  assert.ok(eventText(long).length < 600);
  assert.ok((long.subject.user as string).length < 600);
});
