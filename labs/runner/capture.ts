/** Recordings of interfaces, and what tshark says about them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Bed } from './bed.ts';
import type { IkeKey } from './ike-keys.ts';
import { LabError } from './lab-error.ts';
import { searchPath } from './programs.ts';

const execute = promisify(execFile);
const startTimeoutMs = 30_000;
/** The kernel hands packets over in blocks, the last of them when this long has passed. */
const drainMs = 500;
/** The kernel's buffer: a download must not overrun the recorder. */
const bufferMebibytes = 64;
const shownPacketCountMax = 10;
const outputOctetCountMax = 1 << 30;

/** A sealed ISAKMP message shows payloads only when tshark had its key. */
const readFields = ['frame.protocols', 'isakmp.flag_e', 'isakmp.typepayload'].flatMap((name) => [
  '-e',
  name,
]);
const sealedMessage = /\t(1|True)\t/;
const openedMessage = /\t(1|True)\t./;

/**
 * vpnc seals its last Delete under message ID 0; tshark takes that for phase 1, opens it with the
 * wrong vector and finds nonsense that is malformed once in some forty times.
 */
const malformed = '_ws.malformed && !(isakmp.exchangetype == 5 && isakmp.messageid == 0)';

/** Members of a cluster carry ESP in UDP on its port; tshark would guess, and finds DNS in it. */
const clusterPort = ['-d', 'udp.port==9023,udpencap'];

export class Captures {
  readonly #bed: Bed;
  readonly #files = new Map<string, string>();
  readonly #running = new Set<string>();

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Records every packet of the interface from now on. */
  async start(node: string, interfaceName: string): Promise<void> {
    const place = `${node}:${interfaceName}`;
    if (this.#files.has(place)) throw new LabError(`${place} is already recorded`);
    const file = join(this.#bed.workFolder, `${node}-${interfaceName}.pcapng`);
    const command = `exec dumpcap -q -B ${bufferMebibytes} -i ${interfaceName} -w ${file}`;
    this.#bed.start(node, processName(place), command);
    // dumpcap prints the file's name once the interface is open.
    await this.#bed.processes.hear(processName(place), 'File: ', startTimeoutMs);
    this.#files.set(place, file);
    this.#running.add(place);
  }

  /** Ends the recording and returns the packets that match a display filter, a line each. */
  async find(place: string, filter: string, keys: readonly IkeKey[]): Promise<readonly string[]> {
    return readLines(await this.#stop(place), keys, ['-Y', filter]);
  }

  /** Ends every recording, refuses empty ones and malformed packets, and says what was read. */
  async inspect(keys: readonly IkeKey[]): Promise<readonly string[]> {
    const reports: string[] = [];
    for (const place of this.#files.keys()) {
      const file = await this.#stop(place);
      const packets = await readLines(file, keys, ['-T', 'fields', ...readFields]);
      if (packets.length === 0) throw new LabError(`${place}: nothing was recorded`);
      const bad = await readLines(file, keys, ['-Y', malformed]);
      if (bad.length > 0) {
        const shown = bad.slice(0, shownPacketCountMax).join('\n');
        throw new LabError(`${place}: ${bad.length} malformed packets in ${file}\n${shown}`);
      }
      const count = (pattern: RegExp): number =>
        packets.filter((line) => pattern.test(line)).length;
      reports.push(
        `${place}: ${packets.length} packets, of which ${count(/:isakmp/)} ISAKMP ` +
          `(${count(openedMessage)} of ${count(sealedMessage)} sealed ones opened) and ${count(/:esp/)} ESP: none malformed`,
      );
    }
    return reports;
  }

  async #stop(place: string): Promise<string> {
    const file = this.#files.get(place);
    if (file === undefined) throw new LabError(`${place} is not recorded`);
    if (this.#running.delete(place)) {
      await sleep(drainMs);
      await this.#bed.processes.stop(processName(place), 'SIGINT');
    }
    return file;
  }
}

const processName = (place: string): string => `capture-${place.replace(':', '-')}`;

/** What tshark prints about a file, with the IKE messages opened as far as the keys are known. */
async function readLines(
  file: string,
  keys: readonly IkeKey[],
  options: readonly string[],
): Promise<readonly string[]> {
  const keyOptions = keys.flatMap(({ initiatorCookie, cipherKey }) => [
    '-o',
    `uat:ikev1_decryption_table:${initiatorCookie},${cipherKey}`,
  ]);
  const { stdout } = await execute(
    'tshark',
    ['-n', '-r', file, ...clusterPort, ...keyOptions, ...options],
    {
      env: { ...process.env, PATH: searchPath },
      maxBuffer: outputOctetCountMax,
    },
  );
  return stdout.split('\n').filter((line) => line !== '');
}
