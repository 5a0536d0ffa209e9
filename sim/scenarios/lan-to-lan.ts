import assert from 'node:assert/strict';
import { address, type IpAddress } from '#base/address';
import type { Configuration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import type { HeadEnd } from '#engine/head-end';
import { eventText } from '#events/event';
import { Lab, type Node, type Weather } from '../lab.ts';
import { PingFlow } from '../ping-flow.ts';
import { roughWeather } from './site.ts';

/** Stories of two head-ends and the tunnel between their networks. */

const MINUTE_MS = 60_000;
const west = address('198.51.100.1');
const east = address('198.51.100.2');
const insideOf = (outside: IpAddress): IpAddress =>
  address(outside === west ? '10.1.0.1' : '10.2.0.1');

type Setup = {
  readonly connectionType: string;
  readonly phaseOneSeconds: number;
  readonly phaseTwoSeconds: number;
  readonly key: string;
};
const usual: Setup = {
  connectionType: 'bidirectional',
  phaseOneSeconds: 86_400,
  phaseTwoSeconds: 28_800,
  key: 'between-two-sites',
};

function configurationOf(own: IpAddress, peer: IpAddress, s: Setup): Configuration {
  const network = (inside: IpAddress) => `${inside.replace(/\.\d+$/, '.0')} 255.255.255.0`;
  const listing = `interface GigabitEthernet0/0
 nameif outside
 ip address ${own} 255.255.255.0
access-list tunnel extended permit ip ${network(insideOf(own))} ${network(insideOf(peer))}
tunnel-group ${peer} type ipsec-l2l
tunnel-group ${peer} ipsec-attributes
 ikev1 pre-shared-key ${s.key}
 isakmp keepalive threshold 10 retry 2
crypto ikev1 enable outside
crypto ikev1 policy 10
 encryption aes
 hash sha256
 group 19
 lifetime ${s.phaseOneSeconds}
crypto ipsec ikev1 transform-set strong esp-gcm-128
crypto map vpn 10 match address tunnel
crypto map vpn 10 set peer ${peer}
crypto map vpn 10 set connection-type ${s.connectionType}
crypto map vpn 10 set ikev1 transform-set strong
crypto map vpn 10 set security-association lifetime seconds ${s.phaseTwoSeconds}
crypto map vpn interface outside
`;
  const parsed = parseListing(grammar, listing);
  const errors = parsed.diagnostics.filter((d) => d.severity !== 'info');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return parsed.configuration;
}

/** Two sites, each with one host inside. */
class Sites {
  readonly lab: Lab;
  readonly #setup: Setup;
  west: Node<HeadEnd>;
  east: Node<HeadEnd>;

  constructor(seed: number, weather: Partial<Weather>, setup: Partial<Setup> = {}) {
    this.lab = new Lab(seed, weather);
    this.#setup = { ...usual, ...setup };
    this.west = this.boot(west, east);
    this.east = this.boot(east, west, {
      connectionType:
        this.#setup.connectionType === 'originate-only'
          ? 'answer-only'
          : this.#setup.connectionType,
    });
    this.lab.always('no fault', () =>
      [this.west, this.east].every(
        ({ device }) =>
          ![...device.log.newestFirst()].some((e) => e.record.definition.severity === 1),
      ),
    );
  }

  boot(own: IpAddress, peer: IpAddress, changes: Partial<Setup> = {}): Node<HeadEnd> {
    const configuration = configurationOf(own, peer, { ...this.#setup, ...changes });
    return this.lab.headEnd({ address: own, insideAddresses: [insideOf(own)] }, configuration);
  }

  pings(from: Node<HeadEnd>, to: IpAddress, everyMs: number): PingFlow {
    return new PingFlow(this.lab.clock, {
      inside: from.inside,
      source: () => (from.crashed ? undefined : insideOf(from.address)),
      target: () => to,
      everyMs,
    });
  }

  /** Both inside hosts reach each other within a time. */
  assertJoined(mostMs: number): void {
    for (const [from, to] of [
      [this.west, east],
      [this.east, west],
    ] as const) {
      const flow = this.pings(from, insideOf(to), 500);
      try {
        this.lab.runUntil(`${from.address} reaches ${to}`, () => flow.answered > 0, mostMs);
      } catch (error) {
        const said = [...from.device.log.newestFirst()]
          .slice(0, 12)
          .map((e) => eventText(e.record))
          .join('\n');
        throw new Error(`${error}\n${said}`);
      }
      flow.stop();
    }
  }

  /** What is installed is what is negotiated, and there is one session at each end. */
  assertConsistent(): void {
    const nodes = [this.west, this.east];
    const pairsOf = (node: Node<HeadEnd>) =>
      [...node.device.keying.summaries()].flatMap((s) => s.children).length;
    // A pair may be under way: it receives before its negotiation is over.
    this.lab.runUntil(
      'what is installed is what is negotiated',
      () => nodes.every((node) => pairsOf(node) === node.dataPlane.installed.size),
      1000,
    );
    for (const node of nodes) {
      const sessions = [...node.device.sessions.values()];
      assert.deepEqual(
        sessions.map((s) => [s.kind, s.state]),
        [['lanToLan', 'active']],
      );
    }
  }
}

/** Both ends begin at once over a network that does its worst; keys are replaced all the time. */
export function sitesInStorm(seed: number): void {
  const sites = new Sites(seed, roughWeather, { phaseOneSeconds: 240, phaseTwoSeconds: 120 });
  sites.lab.run(15 * MINUTE_MS);
  sites.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  sites.assertJoined(3 * MINUTE_MS);
  sites.lab.run(2 * MINUTE_MS);
  sites.assertJoined(10_000);
  sites.assertConsistent();
}

/** Nothing is lost on the network: no ping is, though both phases are negotiated anew over and over. */
export function sitesRekey(seed: number): void {
  // Not both phases at one moment: a pair whose Quick Mode is under way then is made once more.
  const setup = { connectionType: 'originate-only', phaseOneSeconds: 310, phaseTwoSeconds: 120 };
  const sites = new Sites(seed, { delayMs: [20, 20], drift: 0.01 }, setup);
  sites.assertJoined(MINUTE_MS);
  const flows = [
    sites.pings(sites.west, insideOf(east), 250),
    sites.pings(sites.east, insideOf(west), 250),
  ];
  sites.lab.run(15 * MINUTE_MS);
  for (const flow of flows) {
    assert.equal(flow.lost().length, 0, `${flow.lost().length} of ${flow.sent} pings were lost`);
    flow.stop();
  }
  sites.assertConsistent();
  assert.equal([...sites.west.device.keying.summaries()].length, 1);
}

/** One end loses its power and comes back, knowing nothing: the tunnel is there again. */
export function siteRestarts(seed: number): void {
  const sites = new Sites(seed, { delayMs: [5, 80], loss: 0.05, drift: 0.01 });
  sites.assertJoined(MINUTE_MS);
  sites.lab.run(sites.lab.random.between(0, MINUTE_MS));
  sites.west.crash();
  sites.lab.run(sites.lab.random.between(0, 2 * MINUTE_MS));
  sites.west = sites.boot(west, east);
  sites.lab.network.setFaults({ loss: 0 });
  sites.assertJoined(2 * MINUTE_MS);
  sites.lab.run(2 * MINUTE_MS);
  sites.assertConsistent();
}

/** A wrong key on one side joins nothing; once it is right the tunnel comes up by itself. */
export function sitesDisagree(seed: number): void {
  const sites = new Sites(seed, { delayMs: [5, 80], drift: 0.01 });
  const wrong = configurationOf(east, west, { ...usual, key: 'another-key' });
  const right = sites.east.device.configuration;
  sites.east.command((device, now) => device.configure(wrong, now));
  sites.lab.run(2 * MINUTE_MS);
  assert.equal([...sites.west.device.sessions.values()].length, 0);
  assert.equal(sites.west.dataPlane.installed.size, 0);
  sites.east.command((device, now) => device.configure(right, now));
  sites.assertJoined(3 * MINUTE_MS);
}

/** The administrator takes the tunnel away: both ends forget it, and nothing is tried any more. */
export function siteRemoved(seed: number): void {
  const sites = new Sites(seed, { delayMs: [5, 80] }, { connectionType: 'originate-only' });
  sites.assertJoined(MINUTE_MS);
  const empty = parseListing(grammar, '').configuration;
  sites.west.command((device, now) => device.configure(empty, now));
  sites.lab.run(MINUTE_MS);
  for (const { device, dataPlane } of [sites.west, sites.east]) {
    assert.deepEqual(device.keying.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
    assert.equal(device.sessions.summary().totalActive, 0);
    assert.equal(dataPlane.installed.size, 0);
  }
  assert.equal(sites.west.device.deadline(), undefined);
}
