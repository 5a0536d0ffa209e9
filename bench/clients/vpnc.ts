import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientProcess, scenario, userName, userPassword } from '../scenario.ts';
import type { Client } from './client.ts';

const connectTimeoutMs = 30_000;

/** There is no translator on the way; the encapsulation is asked for all the same. */
const configuration = `IPSec gateway ${scenario.gateway}
IPSec ID ${scenario.group}
IPSec secret ${scenario.groupKey}
Xauth username ${userName(1)}
Xauth password ${userPassword(1)}
NAT Traversal Mode force-natt
IKE DH Group dh2
No Detach
Noninteractive
`;

export const vpnc: Client = {
  name: 'vpnc',
  needs: ['vpnc'],
  version: () =>
    execFileSync('vpnc', ['--version'], { encoding: 'utf8' }).split('\n')[0]?.trim() ?? 'vpnc',
  async connect(bed) {
    writeFileSync(join(bed.workFolder, 'client.vpnc'), configuration);
    // To a file, vpnc would keep its words to itself until it ends.
    bed.start('client', clientProcess, 'exec stdbuf -oL vpnc $work/client.vpnc');
    await bed.processes.hear(clientProcess, 'VPNC started', connectTimeoutMs);
  },
};
