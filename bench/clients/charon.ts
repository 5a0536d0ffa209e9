import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { charonProgram, charonVersion, initiatorConf, strongswanConf } from '../charon.ts';
import { clientProcess } from '../scenario.ts';
import type { Client } from './client.ts';

const connectTimeoutMs = 30_000;

export const charon: Client = {
  name: 'charon',
  needs: ['charon', 'charon-openssl'],
  version: charonVersion,
  async connect(bed) {
    writeFileSync(join(bed.workFolder, 'client-strongswan.conf'), strongswanConf('default = -1'));
    writeFileSync(join(bed.workFolder, 'client-swanctl.conf'), initiatorConf(1, 'none'));
    const settings = 'STRONGSWAN_CONF=$work/client-strongswan.conf';
    bed.start('client', clientProcess, `${settings} exec ${charonProgram}`);
    const load = `${settings} swanctl --load-all --file $work/client-swanctl.conf`;
    await bed.until('client', load, connectTimeoutMs);
    await bed.run('client', `${settings} swanctl --initiate --child net-1`, connectTimeoutMs);
  },
};
