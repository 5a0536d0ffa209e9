/** Every length field of the IP family at 0, 1, its greatest right value, one more, and the most it holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ends4, ends6, type Specimen, type SpecimenName, specimens } from './testing/codecs.ts';
import { verdicts, withNumber } from './testing/laws.ts';
import { isUdpIntact } from './udp.ts';

function sample(name: SpecimenName, index = 0) {
  const { codec, values } = specimens[name] as Specimen<unknown>;
  return { codec, octets: codec.encode(values[index]) };
}

test('IPv4 total length', () => {
  const { codec, octets } = sample('ipv4');
  assert.deepEqual(verdicts(codec, octets, { at: 2, octets: 2 }, [0, 1, 19, 20, 52, 53, 0xffff]), {
    0: 'ipv4.totalLength@2: malformed: 0 is less than the header',
    1: 'ipv4.totalLength@2: malformed: 1 is less than the header',
    19: 'ipv4.totalLength@2: malformed: 19 is less than the header',
    20: 'ok',
    52: 'ok',
    53: 'ipv4.totalLength@2: truncated: need 53, have 52',
    65535: 'ipv4.totalLength@2: truncated: need 65535, have 52',
  });
});

test('IPv4 version and header length', () => {
  const { codec, octets } = sample('ipv4', 1);
  const field = { at: 0, octets: 1 } as const;
  assert.deepEqual(verdicts(codec, octets, field, [0x40, 0x41, 0x44, 0x45, 0x4f, 0x65]), {
    64: 'ipv4.headerLength@0: malformed: 0 is less than the header',
    65: 'ipv4.headerLength@0: malformed: 4 is less than the header',
    68: 'ipv4.headerLength@0: malformed: 16 is less than the header',
    69: 'ok',
    79: 'ok',
    101: 'ipv4.version@0: unsupported: version 6',
  });
  const short = sample('ipv4').octets.slice(0, 24);
  assert.deepEqual(
    verdicts(codec, withNumber(short, { at: 2, octets: 2 }, 24), field, [0x46, 0x47]),
    {
      70: 'ok',
      71: 'ipv4.totalLength@2: malformed: 24 is less than the header',
    },
  );
});

test('IPv6 payload length and version', () => {
  const { codec, octets } = sample('ipv6');
  assert.deepEqual(verdicts(codec, octets, { at: 4, octets: 2 }, [0, 1, 32, 33, 0xffff]), {
    0: 'ok',
    1: 'ok',
    32: 'ok',
    33: 'ipv6.payloadLength@4: truncated: need 33, have 32',
    65535: 'ipv6.payloadLength@4: truncated: need 65535, have 32',
  });
  assert.deepEqual(verdicts(codec, octets, { at: 0, octets: 1 }, [0x45]), {
    69: 'ipv6.version@0: unsupported: version 4',
  });
});

test('UDP length', () => {
  const { codec, octets } = sample('udp');
  assert.deepEqual(verdicts(codec, octets, { at: 4, octets: 2 }, [0, 1, 7, 8, 48, 49, 0xffff]), {
    0: 'udp.length@4: malformed: 0 is less than the header',
    1: 'udp.length@4: malformed: 1 is less than the header',
    7: 'udp.length@4: malformed: 7 is less than the header',
    8: 'ok',
    48: 'ok',
    49: 'udp.length@4: truncated: need 49, have 48',
    65535: 'udp.length@4: truncated: need 65535, have 48',
  });
});

test('UDP without a checksum is intact over IPv4 only', () => {
  const octets = withNumber(sample('udp').octets, { at: 6, octets: 2 }, 0);
  assert.equal(isUdpIntact(octets, ends4), true);
  assert.equal(isUdpIntact(octets, ends6), false);
  assert.equal(isUdpIntact(octets.subarray(0, 47), ends4), false);
});

test('TCP data offset', () => {
  const { codec, octets } = sample('tcp');
  const field = { at: 12, octets: 1 } as const;
  assert.deepEqual(verdicts(codec, octets, field, [0x00, 0x10, 0x40, 0x50, 0x80, 0x90, 0xf0]), {
    0: 'tcp.dataOffset@12: malformed: 0 is less than the header',
    16: 'tcp.dataOffset@12: malformed: 4 is less than the header',
    64: 'tcp.dataOffset@12: malformed: 16 is less than the header',
    80: 'ok',
    128: 'ok',
    144: 'tcp.options@20: truncated: need 16, have 14',
    240: 'tcp.options@20: truncated: need 40, have 14',
  });
});

test('ARP address lengths', () => {
  const { codec, octets } = sample('arp');
  for (const at of [4, 5]) {
    const right = octets[at] as number;
    const found = verdicts(codec, octets, { at, octets: 1 }, [0, 1, right, right + 1, 255]);
    assert.deepEqual(
      Object.entries(found).filter(([, verdict]) => verdict === 'ok'),
      [[String(right), 'ok']],
    );
  }
});

test('an IEEE 802.3 length where the EtherType belongs is unsupported', () => {
  const { codec, octets } = sample('ethernet');
  assert.deepEqual(verdicts(codec, octets, { at: 12, octets: 2 }, [0, 0x05ff, 0x0600]), {
    0: 'ethernet.etherType@12: unsupported: 0 is a length',
    1535: 'ethernet.etherType@12: unsupported: 1535 is a length',
    1536: 'ok',
  });
});

test('link padding after a packet is not part of it', () => {
  const padding = new Uint8Array(18);
  for (const name of ['ipv4', 'ipv6', 'udp', 'arp'] as const) {
    const { codec, octets } = sample(name);
    const padded = new Uint8Array([...octets, ...padding]);
    assert.deepEqual(codec.decode(padded), codec.decode(octets), name);
  }
});
