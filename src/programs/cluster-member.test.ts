import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MachineRandom } from '#adapters/machine-random';
import { address } from '#base/address';
import type { ClusterInput } from '#features/cluster/port';
import { clusterPort } from './cluster-member.ts';
import { IKE_PORTS } from './listening.ts';

test('a member that would serve an address at which nothing listens waits, and says what to do', async (t) => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-member-'));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const { promise, resolve } = Promise.withResolvers<ClusterInput>();
  const port = clusterPort({
    stateFolder,
    random: new MachineRandom(),
    ports: IKE_PORTS,
    input: resolve,
    place: () => undefined,
    listensAt: (at) => at === address('127.0.0.1'),
  });
  const ends = {
    privateAddress: address('127.0.0.1'),
    publicAddresses: [address('127.0.0.1')],
    clusterAddresses: [address('127.9.9.9')],
    port: 0,
    group: undefined,
  };
  port.perform({ kind: 'open', ends });
  assert.deepEqual(await promise, {
    kind: 'portFailed',
    reason: 'nothing listens at 127.9.9.9 until headend is started again',
  });
  await port.close();
});
