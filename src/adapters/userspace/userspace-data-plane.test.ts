import { test } from 'node:test';
import { dataPlaneCompliance } from '#dataplane/testing/compliance';
import { ADDRESSES, userspaceFactory } from './testing/bench.ts';
import { enterNewNetwork, missing, systemCalls } from './testing/network.ts';

const reason = await missing();

if (reason) test('user-space data plane', { skip: reason }, () => {});
else {
  const sys = await systemCalls();
  enterNewNetwork(sys, ADDRESSES);
  for (const workers of [1, 2, 3]) dataPlaneCompliance(userspaceFactory(sys, workers));
}
