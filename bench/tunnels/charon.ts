import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { charonProgram, charonVersion, strongswanConf } from '../charon.ts';
import { subjectProcess } from '../scenario.ts';
import {
  byNode,
  onlyClient,
  type Suite,
  type TunnelClient,
  type TunnelProgram,
  tunnel,
} from './tunnel.ts';

const startTimeoutMs = 20_000;

const espProposals: Record<Suite, string> = {
  'aes-128-gcm': 'aes128gcm16',
  'aes-128-cbc-sha1': 'aes128-sha1',
};

/** One connection of `swanctl.conf`, seen from the client or from the head-end. */
function connection(suite: Suite, client: TunnelClient, isClient: boolean): string {
  const network = `${tunnel.network.address}/${tunnel.network.length}`;
  const inside = `${client.inside}/32`;
  const [here, there] = isClient
    ? [client.outside, tunnel.gateway]
    : [tunnel.gateway, client.outside];
  return `  tunnel-${client.number} {
    version = 2
    proposals = aes128-sha256-modp2048
    local_addrs = ${here}
    remote_addrs = ${there}
    encap = yes
    local {
      auth = psk
      id = ${here}
    }
    remote {
      auth = psk
      id = ${there}
    }
    children {
      net-${client.number} {
        local_ts = ${isClient ? inside : network}
        remote_ts = ${isClient ? network : inside}
        esp_proposals = ${espProposals[suite]}
      }
    }
  }
`;
}

const conf = (connections: readonly string[]): string => `connections {
${connections.join('')}}
secrets {
  ike-both {
    secret = shared-by-both-ends
  }
}
`;

async function startEnd(bed: Bed, node: string, name: string, swanctlConf: string) {
  writeFileSync(join(bed.workFolder, `${node}-strongswan.conf`), strongswanConf('default = -1'));
  writeFileSync(join(bed.workFolder, `${node}-swanctl.conf`), swanctlConf);
  const settings = `STRONGSWAN_CONF=$work/${node}-strongswan.conf`;
  bed.start(node, name, `${settings} exec ${charonProgram}`);
  const load = `${settings} swanctl --load-all --file $work/${node}-swanctl.conf`;
  await bed.until(node, load, startTimeoutMs);
  return settings;
}

/** strongSwan with ESP in user space (kernel-libipsec) at both ends. */
export const charon: TunnelProgram = {
  name: 'charon',
  needs: ['ip', 'charon', 'charon-openssl'],
  version: charonVersion,
  sharesProcess: true,
  async open(bed, { suite, clients }) {
    const atHeadEnd = clients.map((client) => connection(suite, client, false));
    await startEnd(bed, 'conc', subjectProcess, conf(atHeadEnd));
    for (const some of byNode(clients)) {
      const [{ node, process: name } = onlyClient] = some;
      for (const { inside } of some) await bed.run(node, `ip address add ${inside}/32 dev lo`);
      const own = conf(some.map((client) => connection(suite, client, true)));
      const settings = await startEnd(bed, node, name, own);
      for (const { number } of some) {
        const initiate = `swanctl --initiate --child net-${number}`;
        await bed.run(node, `${settings} ${initiate}`, startTimeoutMs);
      }
    }
  },
};
