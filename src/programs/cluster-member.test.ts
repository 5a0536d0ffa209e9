import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MachineRandom } from '#adapters/machine-random';
import { address } from '#base/address';
import type { ClusterInput } from '#features/cluster/port';
import { clusterPort } from './cluster-member.ts';
import { IKE_PORTS } from './listening.ts';

/** Why a member that would serve this address cannot take part, where the packet path is in this process. */
async function obstacleAt(t: TestContext, clusterAddress: string, listens: boolean) {
  const stateFolder = mkdtempSync(join(tmpdir(), 'headend-member-'));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const { promise, resolve } = Promise.withResolvers<ClusterInput>();
  const port = clusterPort({
    stateFolder,
    random: new MachineRandom(),
    ports: IKE_PORTS,
    input: resolve,
    place: () => undefined,
    listensAt: () => listens,
  });
  t.after(() => port.end());
  const ends = {
    privateAddress: address('127.0.0.1'),
    publicAddresses: [address('127.0.0.1')],
    clusterAddresses: [address(clusterAddress)],
    port: 0,
    group: undefined,
  };
  port.perform({ kind: 'open', ends });
  return promise;
}

test('a member that would serve an address at which nothing listens waits, and says what to do', async (t) => {
  assert.deepEqual(await obstacleAt(t, '127.9.9.9', false), {
    kind: 'portFailed',
    reason: 'nothing listens at 127.9.9.9 until headend is started again',
  });
});

test('a member without a TUN that would serve an address that this machine has not waits, and says what to do', async (t) => {
  assert.deepEqual(await obstacleAt(t, '192.0.2.254', true), {
    kind: 'portFailed',
    reason:
      '192.0.2.254 is no address of this machine, and with --inside memory headend gives it none; leave that option out',
  });
});
