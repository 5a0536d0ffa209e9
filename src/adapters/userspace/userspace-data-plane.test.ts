import { test } from 'node:test';
import { dataPlaneCompliance } from '#dataplane/testing/compliance';
import { ADDRESSES, userspaceFactory } from './testing/bench.ts';
import { enterNewNetwork, missing, systemCalls } from './testing/network.ts';

const reason = await missing();

if (reason) test('user-space data plane', { skip: reason }, () => {});
else {
  const sys = await systemCalls();
  enterNewNetwork(sys, ADDRESSES);
  const factory = userspaceFactory(sys);
  dataPlaneCompliance(factory);
}
