/**
 * Writes down what members of a cluster say to each other, as somebody on their wire would. Each line of JSON is a
 * datagram: {"from": A, "to": A, "octets": "HEX"}.
 * Usage: cluster-recorder.ts PORT SECONDS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSys } from '../../src/adapters/userspace/sys.ts';
import { toHex } from '../../src/base/bytes.ts';

const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0x800 | 0x80000;
const ETH_P_ALL_BIG_ENDIAN = 0x0300;
const ETHERNET_OCTETS = 14;
const IPV4 = 0x0800;
const UDP = 17;
const UDP_OCTETS = 8;
const LONGEST_FRAME = 2048;

const [port = '', seconds = ''] = process.argv.slice(2);
const loaded = await loadSys();
if (!loaded.ok) throw new Error(loaded.error);
const sys = loaded.value;

/** Prints the datagram of a frame, if it is one of theirs. */
function note(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const ip = ETHERNET_OCTETS;
  if (frame.length < ip + 20 || view.getUint16(12) !== IPV4 || frame[ip + 9] !== UDP) return;
  const udp = ip + 4 * ((frame[ip] ?? 0) & 0xf);
  if (view.getUint16(udp + 2) !== Number(port)) return;
  const dotted = (at: number) => frame.subarray(at, at + 4).join('.');
  const octets = toHex(frame.subarray(udp + UDP_OCTETS, udp + view.getUint16(udp + 4)));
  console.log(JSON.stringify({ from: dotted(ip + 12), to: dotted(ip + 16), octets }));
}

const fd = sys.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, ETH_P_ALL_BIG_ENDIAN);
if (fd < 0) throw new Error('no packet socket can be opened');
const buffer = sys.arena(LONGEST_FRAME);
const watch = sys.watch(fd, () => {
  for (;;) {
    const octets = sys.read(fd, buffer.pointer, LONGEST_FRAME);
    if (octets <= 0) return;
    note(buffer.bytes.subarray(0, octets));
  }
});
await sleep(1000 * Number(seconds));
watch.close();
sys.close(fd);
