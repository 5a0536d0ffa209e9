import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../../labs/runner/bed.ts';
import { subjectProcess } from '../scenario.ts';
import { type Suite, type TunnelProgram, type TunnelRequest, tunnel } from './tunnel.ts';

const startTimeoutMs = 20_000;
const port = 1194;

/** The server's own address within the tunnels; clients get theirs from below. */
const serverInside = '10.64.255.254';
const mask = '255.255.0.0';

const ciphers: Record<Suite, string> = {
  'aes-128-gcm': 'data-ciphers AES-128-GCM',
  'aes-128-cbc-sha1': 'data-ciphers AES-128-CBC\nauth SHA1',
};

/** What its manual and the usual advice have for more throughput over a path of this MTU. */
const tuning = `fast-io
sndbuf 4194304
rcvbuf 4194304
txqueuelen 2000
`;

/** Makes a key and a certificate signed by itself; the fingerprint that the other end is told. */
function makeCertificate(bed: Bed, name: string): string {
  const file = (suffix: string): string => join(bed.workFolder, `${name}.${suffix}`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', file('key'), '-out', file('crt')];
  const words = ['req', '-x509', ...key, ...files, '-days', '2', '-subj', `/CN=${name}`];
  execFileSync('openssl', words, { stdio: 'pipe' });
  return new X509Certificate(readFileSync(file('crt'))).fingerprint256;
}

/** What both ends have. */
const common = (
  bed: Bed,
  name: string,
  peer: string,
  suite: Suite,
  isTuned: boolean,
): string => `dev-type tun
dev ${tunnel.interfaceName}
proto udp4
topology subnet
cert ${bed.workFolder}/${name}.crt
key ${bed.workFolder}/${name}.key
peer-fingerprint ${peer}
${ciphers[suite]}
tun-mtu ${tunnel.mtu}
${isTuned ? tuning : ''}verb 1
`;

async function open(bed: Bed, { suite, clients }: TunnelRequest, isTuned: boolean): Promise<void> {
  const [server, client] = [makeCertificate(bed, 'server'), makeCertificate(bed, 'client')];
  const serverConf = `${common(bed, 'server', client, suite, isTuned)}mode server
tls-server
dh none
local ${tunnel.gateway}
port ${port}
duplicate-cn
keepalive 10 60
ifconfig ${serverInside} ${mask}
ifconfig-pool ${clients[0]?.inside} 10.64.0.250
push "topology subnet"
push "route-gateway ${serverInside}"
push "route ${tunnel.network.address} 255.255.255.0"
`;
  const clientConf = `${common(bed, 'client', server, suite, isTuned)}client
nobind
remote ${tunnel.gateway} ${port}
`;
  writeFileSync(join(bed.workFolder, 'server.ovpn'), serverConf);
  writeFileSync(join(bed.workFolder, 'client.ovpn'), clientConf);
  bed.start('conc', subjectProcess, 'exec openvpn --config $work/server.ovpn');
  const ready = 'Initialization Sequence Completed';
  await bed.processes.hear(subjectProcess, ready, startTimeoutMs);
  for (const { node, process: name } of clients)
    bed.start(node, name, 'exec openvpn --config $work/client.ovpn');
  for (const { process: name } of clients) await bed.processes.hear(name, ready, startTimeoutMs);
}

/** `openvpn --version` has much to say and ends with 1. */
const version = (): string => {
  const { stdout } = spawnSync('openvpn', ['--version'], { encoding: 'utf8' });
  return `${/^OpenVPN \S+/.exec(stdout)?.[0] ?? 'OpenVPN'}, UDP, without its kernel module`;
};

/** OpenVPN as a short configuration leaves it. */
export const openvpn: TunnelProgram = {
  name: 'openvpn',
  needs: ['ip', 'openvpn', 'openssl'],
  sharesProcess: false,
  version: () => `${version()}, settings as they are`,
  open: (bed, request) => open(bed, request, false),
};

/** OpenVPN with what makes it faster. */
export const openvpnTuned: TunnelProgram = {
  ...openvpn,
  name: 'openvpn-tuned',
  version: () => `${version()}; ${tuning.trim().replaceAll('\n', ', ')}`,
  open: (bed, request) => open(bed, request, true),
};
