import { type IpAddress, parseAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';

/** A connection entry of the VPN client, as its `.pcf` file keeps it (NAT-24). */
export type Profile = {
  readonly description: string;
  /** The head-end. */
  readonly host: IpAddress;
  readonly groupName: string;
  readonly groupPassword: string;
  readonly username: string | undefined;
  readonly userPassword: string | undefined;
  /** "Enable Transparent Tunneling": without it no NAT-T vendor ID is sent. */
  readonly transparentTunneling: boolean;
  /** UDP (NAT-T) or TCP; TCP is read and kept, the client connects over UDP only. */
  readonly tunnelingMode: 'udp' | 'tcp';
  readonly tcpPort: number;
  readonly allowLocalLan: boolean;
  readonly peerTimeoutSeconds: number;
  /** Diffie-Hellman group by its IKEv1 number. */
  readonly dhGroup: number;
};

/** What a profile that does not say otherwise has (NAT-24). */
export const profileDefaults = {
  description: '',
  transparentTunneling: true,
  tunnelingMode: 'udp',
  tcpPort: 10_000,
  allowLocalLan: false,
  peerTimeoutSeconds: 90,
  dhGroup: 2,
} as const;

type Keys = ReadonlyMap<string, { readonly value: string; readonly line: number }>;

function readKeys(text: string): Result<Keys, string> {
  const keys = new Map<string, { value: string; line: number }>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    // A leading "!" marks a key that the user may not change; it means the same to us.
    if (line === '' || line.startsWith(';') || line.startsWith('#') || /^\[.*\]$/.test(line))
      continue;
    const match = /^!?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line);
    if (!match) return err(`line ${index + 1}: "${line}" is not of the form Key=value`);
    keys.set((match[1] as string).toLowerCase(), { value: match[2] as string, line: index + 1 });
  }
  return ok(keys);
}

function integer(keys: Keys, name: string, low: number, high: number, otherwise: number) {
  const key = keys.get(name.toLowerCase());
  if (!key || key.value === '') return ok(otherwise);
  const n = Number(key.value);
  return /^\d+$/.test(key.value) && n >= low && n <= high
    ? ok(n)
    : err(`line ${key.line}: ${name} must be a number from ${low} to ${high}`);
}

/** Reads a profile; the error is a sentence that names the line. */
export function parseProfile(text: string): Result<Profile, string> {
  const keys = readKeys(text);
  if (!keys.ok) return keys;
  const value = (name: string) => keys.value.get(name.toLowerCase())?.value || undefined;
  const host = value('Host');
  if (host === undefined) return err('Host is missing: the address of the head-end');
  const address = parseAddress(host);
  if (!address.ok) return err(`Host: ${address.error}`);
  const groupName = value('GroupName');
  const groupPassword = value('GroupPwd');
  if (groupName === undefined) return err('GroupName is missing: the name of the tunnel group');
  if (groupPassword === undefined && value('enc_GroupPwd') !== undefined)
    return err(
      'enc_GroupPwd is not read: write the pre-shared key of the group itself, as GroupPwd=KEY',
    );
  if (groupPassword === undefined)
    return err('GroupPwd is missing: the pre-shared key of the group');
  const enableNat = integer(keys.value, 'EnableNat', 0, 1, 1);
  const mode = integer(keys.value, 'TunnelingMode', 0, 1, 0);
  const port = integer(keys.value, 'TcpTunnelingPort', 1, 65_535, profileDefaults.tcpPort);
  const localLan = integer(keys.value, 'EnableLocalLAN', 0, 1, 0);
  const timeout = integer(keys.value, 'PeerTimeout', 30, 480, profileDefaults.peerTimeoutSeconds);
  const dhGroup = integer(keys.value, 'DHGroup', 1, 31, profileDefaults.dhGroup);
  if (!enableNat.ok) return enableNat;
  if (!mode.ok) return mode;
  if (!port.ok) return port;
  if (!localLan.ok) return localLan;
  if (!timeout.ok) return timeout;
  if (!dhGroup.ok) return dhGroup;
  return ok({
    description: value('Description') ?? profileDefaults.description,
    host: address.value,
    groupName,
    groupPassword,
    username: value('Username'),
    userPassword: value('UserPassword'),
    transparentTunneling: enableNat.value === 1,
    tunnelingMode: mode.value === 1 ? 'tcp' : 'udp',
    tcpPort: port.value,
    allowLocalLan: localLan.value === 1,
    peerTimeoutSeconds: timeout.value,
    dhGroup: dhGroup.value,
  });
}
