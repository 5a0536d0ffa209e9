import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { scenario, subjectProcess } from '../scenario.ts';
import { type TunnelProgram, tunnel } from './tunnel.ts';

const startTimeoutMs = 20_000;
const port = 51820;
const network = `${tunnel.network.address}/${tunnel.network.length}`;

type KeyPair = { readonly secret: string; readonly value: string };

/** A key pair of Curve25519 as `wg` writes it. */
function makeKeyPair(): KeyPair {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return { secret: base64(d), value: base64(x) };
}

/** Starts one end with its configuration, then gives its interface addresses and routes. */
async function startEnd(
  bed: Bed,
  node: string,
  name: string,
  conf: string,
  commands: readonly string[],
): Promise<void> {
  const dev = tunnel.interfaceName;
  const file = `${name}.wireguard`;
  writeFileSync(join(bed.workFolder, file), conf);
  bed.start(node, name, `LOG_LEVEL=error exec wireguard-go --foreground ${dev}`);
  await bed.until(node, `wg setconf ${dev} $work/${file}`, startTimeoutMs);
  const up = `ip link set dev ${dev} mtu ${tunnel.mtu} up`;
  await bed.run(node, [up, ...commands].join(' && '));
}

/** WireGuard in user space at both ends; it has one cipher, whatever is asked for. */
export const wireguardGo: TunnelProgram = {
  name: 'wireguard-go',
  needs: ['ip', 'wireguard-go'],
  sharesProcess: false,
  version: () => {
    const { stdout } = spawnSync('wireguard-go', ['--version'], { encoding: 'utf8' });
    const [first = 'wireguard-go'] = stdout.split('\n');
    return `${first}, ChaCha20-Poly1305, which is its only cipher`;
  },
  async open(bed, { clients }) {
    const dev = tunnel.interfaceName;
    const gateway = makeKeyPair();
    const pairs = clients.map(makeKeyPair);
    const head = `[Interface]\nPrivateKey = ${gateway.secret}\nListenPort = ${port}\n`;
    const peers = clients.map(
      ({ inside }, i) => `[Peer]\nPublicKey = ${pairs[i]?.value}\nAllowedIPs = ${inside}/32\n`,
    );
    await startEnd(bed, 'conc', subjectProcess, `${head}${peers.join('')}`, [
      `ip route add ${scenario.pool.prefix} dev ${dev}`,
    ]);
    for (const [i, { node, inside, process: name }] of clients.entries()) {
      const conf = `[Interface]
PrivateKey = ${pairs[i]?.secret}
[Peer]
PublicKey = ${gateway.value}
AllowedIPs = ${network}
Endpoint = ${tunnel.gateway}:${port}
`;
      await startEnd(bed, node, name, conf, [
        `ip address add ${inside}/32 dev ${dev}`,
        `ip route add ${network} dev ${dev}`,
      ]);
    }
  },
};
