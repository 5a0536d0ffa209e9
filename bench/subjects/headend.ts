import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DhGroupNumber,
  scenario,
  subjectProcess,
  userName,
  userPassword,
} from '../scenario.ts';
import type { Subject } from './subject.ts';

const startTimeoutMs = 60_000;
const passwordsMentioned = 40;
const mainProgram = join(import.meta.dirname, '../../src/main.ts');

const configuration = (userCount: number, dhGroup: DhGroupNumber): string => `hostname conc
legacy-crypto permit dh-group 2 hash sha aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${scenario.gateway} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 192.168.2.251 255.255.255.0
ip local pool pool ${scenario.pool.first}-${scenario.pool.last} mask ${scenario.pool.mask}
${Array.from(
  { length: userCount },
  (_, index) => `username ${userName(index + 1)} password ${userPassword(index + 1)}\n`,
).join('')}group-policy ${scenario.group} internal
group-policy ${scenario.group} attributes
 vpn-simultaneous-logins 1000
tunnel-group ${scenario.group} type remote-access
tunnel-group ${scenario.group} general-attributes
 address-pool pool
 default-group-policy ${scenario.group}
tunnel-group ${scenario.group} ipsec-attributes
 ikev1 pre-shared-key ${scenario.groupKey}
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group ${dhGroup}
 lifetime 86400
crypto isakmp nat-traversal 20
crypto ipsec ikev1 transform-set aes-sha esp-aes esp-sha-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set aes-sha
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
`;

/** With what `bin/run.js` sets for a process that lives long. */
const settings = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../bin/node-settings.json'), 'utf8'),
) as { readonly flags: readonly string[]; readonly environment: Readonly<Record<string, string>> };
const environment = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/headend'),
  ...settings.environment,
};

/** The command of our own program. */
export const headendCommand = [
  'env',
  ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  process.execPath,
  ...settings.flags,
  mainProgram,
].join(' ');

/** Our own daemon, run as a user would run it. */
export const headend: Subject = {
  name: 'headend',
  needs: ['ip'],
  version: () => {
    const git = (...words: string[]): string =>
      execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--', '../../src') === '' ? '' : ' and changes';
    return `headend ${git('rev-parse', '--short', 'HEAD')}${changed}, Node ${process.version}`;
  },
  async start(bed, userCount, dhGroup = 2) {
    writeFileSync(join(bed.workFolder, 'subject.cfg'), configuration(userCount, dhGroup));
    const places = '--console-socket $work/subject.sock';
    const command = `exec ${headendCommand} run $work/subject.cfg ${places}`;
    bed.start('conc', subjectProcess, command);
    const listening = [500, 4500].map((port) => `ss -Hlun sport = :${port} | grep -q .`);
    await bed.until('conc', listening.join(' && '), startTimeoutMs);
    // So many that it says when it has hashed them; until then a processor is busy with that.
    if (userCount >= passwordsMentioned)
      await bed.processes.hear(subjectProcess, 'passwords are hashed', startTimeoutMs);
  },
};
