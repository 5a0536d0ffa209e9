import assert from 'node:assert/strict';
import { headEndConfiguration, insideAddress, otherHeadEndAddress } from './configuration.ts';
import { roughWeather, Site } from './site.ts';

/** Stories of clients that are sent from one head-end to another. */

/** All clients of one head-end are sent to another, over a network that does its worst. */
export function redirectedInStorm(seed: number): void {
  const users = 5;
  const site = new Site(seed, { users, redirectTo: otherHeadEndAddress }, roughWeather);
  const place = { address: otherHeadEndAddress, insideAddresses: [insideAddress] };
  const other = site.lab.headEnd(
    place,
    headEndConfiguration({ users, outside: otherHeadEndAddress }),
  );
  site.addClients(users, { reconnectAfterMs: 5000 });
  site.lab.always('the first head-end serves nobody', () => site.sessions.length === 0);
  site.connect();
  site.lab.run(60_000);
  site.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  site.untilConnected(undefined, 120_000);
  site.assertEverybodyReaches();
  for (const client of site.clients)
    assert.equal(client.device.status().server, otherHeadEndAddress);
  assert.ok([...other.device.sessions.values()].length >= users);
  // The first one forgets them soon.
  site.lab.run(60_000);
  assert.deepEqual(site.headEnd.device.keying.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
  assert.equal(site.headEnd.device.keying.deadline(), undefined);
}

/** Two head-ends that send clients to each other: a client gives up, and neither keeps anything. */
export function redirectedInCircles(seed: number): void {
  const site = new Site(seed, { redirectTo: otherHeadEndAddress }, { delayMs: [5, 80] });
  const place = { address: otherHeadEndAddress, insideAddresses: [insideAddress] };
  const back = { outside: otherHeadEndAddress, redirectTo: site.headEnd.address };
  const other = site.lab.headEnd(place, headEndConfiguration(back));
  const client = site.addClient();
  site.connect();
  site.lab.runUntil('the client gives up', () => client.device.status().state === 'ended', 60_000);
  site.lab.run(60_000);
  for (const { device } of [site.headEnd, other]) assert.equal(device.keying.deadline(), undefined);
}
