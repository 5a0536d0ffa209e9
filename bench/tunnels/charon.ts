import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { charonProgram, charonVersion, strongswanConf } from '../charon.ts';
import { clientProcess, subjectProcess } from '../scenario.ts';
import type { Subject } from '../subjects/subject.ts';
import { tunnel } from './tunnel.ts';

const startTimeoutMs = 20_000;

/** `swanctl.conf` of one end; the client has an address of its own within the tunnel. */
function conf(isClient: boolean): string {
  const network = `${tunnel.network.address}/${tunnel.network.length}`;
  const inside = `${tunnel.clientInside}/32`;
  const [here, there] = isClient
    ? [tunnel.client, tunnel.gateway]
    : [tunnel.gateway, tunnel.client];
  return `connections {
  tunnel {
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
      net {
        local_ts = ${isClient ? inside : network}
        remote_ts = ${isClient ? network : inside}
        esp_proposals = aes128gcm16
      }
    }
  }
}
secrets {
  ike-both {
    secret = shared-by-both-ends
  }
}
`;
}

async function startEnd(bed: Bed, node: 'conc' | 'client', name: string): Promise<string> {
  writeFileSync(join(bed.workFolder, `${node}-strongswan.conf`), strongswanConf('default = -1'));
  writeFileSync(join(bed.workFolder, `${node}-swanctl.conf`), conf(node === 'client'));
  const settings = `STRONGSWAN_CONF=$work/${node}-strongswan.conf`;
  bed.start(node, name, `${settings} exec ${charonProgram}`);
  const load = `${settings} swanctl --load-all --file $work/${node}-swanctl.conf`;
  await bed.until(node, load, startTimeoutMs);
  return settings;
}

/** strongSwan with ESP in user space (kernel-libipsec) at both ends. */
export const charon: Subject = {
  name: 'charon',
  needs: ['ip', 'charon'],
  version: charonVersion,
  async start(bed) {
    await bed.run('client', `ip address add ${tunnel.clientInside}/32 dev lo`);
    await startEnd(bed, 'conc', subjectProcess);
    const settings = await startEnd(bed, 'client', clientProcess);
    await bed.run('client', `${settings} swanctl --initiate --child net`, startTimeoutMs);
  },
};
