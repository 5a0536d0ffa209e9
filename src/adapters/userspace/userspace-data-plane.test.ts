import { test } from 'node:test';
import { dataPlaneCompliance } from '#dataplane/testing/compliance';
import { ADDRESSES, userspaceFactory } from './testing/bench.ts';
import { enterOwnNetwork, missing } from './testing/network.ts';

const reason = await missing();

if (reason) test('user-space data plane', { skip: reason }, () => {});
else {
  const factory = userspaceFactory(await enterOwnNetwork(ADDRESSES));
  dataPlaneCompliance(factory);
}
