import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { enterNewNetwork, ip, missing, systemCalls } from '#adapters/userspace/testing/network';

const ADDRESS = '172.16.172.50';
const CONFIGURATION = `interface ethernet0
 nameif outside
 ip address ${ADDRESS} 255.255.255.0
crypto ikev1 enable outside
`;
const MAIN = join(import.meta.dirname, '../main.ts');
const LAST_DEATH = 6;

const reason = await missing();
if (reason) test('a packet path that fails for good', { skip: reason }, () => {});
else {
  enterNewNetwork(await systemCalls(), [ADDRESS]);

  for (const workers of ['1', '2'])
    test(`a packet path of ${workers} that fails for good ends the program, which says why`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'headend-failed-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'startup.cfg');
      writeFileSync(file, CONFIGURATION);
      const options = ['--console-socket', join(folder, 'socket'), '--web-port', '0'];
      const run = [MAIN, 'run', file, ...options, '--workers', workers];
      const child = spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'pipe'] });
      t.after(() => child.kill('SIGKILL'));
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => {
          said += data;
        });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      const hear = async (text: string, times: number): Promise<void> => {
        while (said.split(text).length <= times) {
          assert.equal(child.exitCode, null, said);
          await Promise.race([ended, new Promise((resolve) => child.stdout.once('data', resolve))]);
        }
      };
      await hear('Ctrl-C ends it', 1);
      for (let deaths = 1; deaths < LAST_DEATH; deaths += 1) {
        ip('link', 'delete', 'dev', 'headend0');
        await hear('another took over', deaths);
      }
      ip('link', 'delete', 'dev', 'headend0');
      assert.equal(await ended, 1, said);
      assert.match(
        said,
        /SEV=1 IPSEC\/901[^\n]*\nThe packet path failed for good: [^\n]*died too often/,
      );
      assert.match(said, /^headend: ends, since .*the TUN interface is gone.*died too often/m);
    });
}
