import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { charonProgram, charonVersion, responderConf, strongswanConf } from '../charon.ts';
import { subjectProcess } from '../scenario.ts';
import type { Subject } from './subject.ts';

const startTimeoutMs = 20_000;

/** strongSwan with ESP in user space: the peer. */
export const charon: Subject = {
  name: 'charon',
  needs: ['charon', 'charon-openssl'],
  version: charonVersion,
  async start(bed, userCount, dhGroup = 2) {
    writeFileSync(join(bed.workFolder, 'subject-strongswan.conf'), strongswanConf('default = -1'));
    writeFileSync(join(bed.workFolder, 'subject-swanctl.conf'), responderConf(userCount, dhGroup));
    const settings = 'STRONGSWAN_CONF=$work/subject-strongswan.conf';
    bed.start('conc', subjectProcess, `${settings} exec ${charonProgram}`);
    const load = `${settings} swanctl --load-all --file $work/subject-swanctl.conf`;
    await bed.until('conc', load, startTimeoutMs);
  },
};
