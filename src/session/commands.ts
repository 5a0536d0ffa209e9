import { compareAddresses, familyOf } from '#base/address';
import { Secret } from '#base/secret';
import { ipv4, mask, range } from '#config/address-tokens';
import { type Configuration, withEntry, withoutEntry } from '#config/configuration';
import { keep, keptFindings, keptInside } from '#config/kept';
import { optional } from '#config/path';
import type { Finding, Room } from '#config/room';
import { globalScope, headerOf, lineOf, mode, refuse, setting } from '#config/setting';
import { choice, int, secret, word } from '#config/tokens';
import {
  type AddressPool,
  newUser,
  poolNames,
  type SessionConfiguration,
  sessionSlice,
  USUAL_PRIVILEGE,
  type User,
  type UserCredential,
  userNames,
} from './config.ts';
import { limitSection } from './limit-commands.ts';
import { serverFindings, serverSection } from './server-commands.ts';
import { USER_KEPT } from './user-kept.ts';
import { formatVerifier, parseVerifier } from './verifier-text.ts';

const session = globalScope(sessionSlice);

const pool = setting(session)({
  path: [
    'ip local pool',
    word('name', 'Name of the pool', 64, poolNames),
    range('range', 'First and last address'),
    optional('mask', mask('mask', 'Mask that clients are told')),
  ],
  words: {
    ip: 'Internet protocol',
    local: 'Addresses that this device gives',
    pool: 'Add a pool of addresses for clients',
    mask: 'Mask that clients are told',
  },
  key: ['name'],
  help: 'A pool of addresses that clients are given.',
  since: '003:97',
  get: ({ pools }) =>
    [...pools.values()].map(({ maskLength, ...rest }) => ({ ...rest, mask: maskLength })),
  set(c, v) {
    if (familyOf(v.range.first) !== 4) return refuse('the addresses of this pool are IPv4');
    const made = { name: v.name, range: v.range, maskLength: v.mask };
    return { ...c, pools: withEntry(c.pools, v.name, made) };
  },
  unset: (c, { name }) => ({ ...c, pools: withoutEntry(c.pools, name) }),
});

const withUser = (c: SessionConfiguration, name: string, change: Partial<User>) => ({
  ...c,
  users: withEntry(c.users, name, { ...(c.users.get(name) ?? newUser(name)), ...change }),
});

const withoutUser = (c: SessionConfiguration, name: string) => ({
  ...c,
  users: withoutEntry(c.users, name),
});

const userWords = {
  username: 'Add a local user',
  password: 'Password of the user',
  nopassword: 'Let no password in',
  privilege: 'Set what the user may do',
};
const userName = word('name', 'Name of the user', 64, userNames);
const privilege = optional('privilege', int('privilege', 0, 15, 'What the user may do'));
const shownPrivilege = (user: User) =>
  user.privilege === USUAL_PRIVILEGE ? undefined : user.privilege;

/** How a password is written. */
const format = choice('format', {
  hashed: 'The password is a salted scrypt hash of this program',
  encrypted: 'The password is a hash of an ASA or PIX',
  pbkdf2: 'The password is a hash of an ASA of release 9.6 or later',
  'nt-encrypted': 'The password is a hash for MS-CHAP',
});

/** The credential of a password as it is written. */
function credentialOf(
  password: Secret,
  written: 'hashed' | 'encrypted' | 'pbkdf2' | 'nt-encrypted' | undefined,
): UserCredential | undefined {
  if (written === undefined) return { kind: 'clear', password };
  if (written !== 'hashed') return { kind: 'foreign', hash: password, format: written };
  const verifier = parseVerifier(password.reveal());
  return verifier && { kind: 'verifier', verifier };
}

const password = setting(session)({
  path: [
    'username',
    userName,
    'password',
    secret('password', 'The password, or a hash of it', 256),
    optional(format),
    privilege,
  ],
  words: userWords,
  key: ['name'],
  help: 'A local user. The password is kept as a salted scrypt hash.',
  get: ({ users }) =>
    [...users.values()].flatMap((user) => {
      const { name, credential } = user;
      const common = { name, privilege: shownPrivilege(user) };
      if (credential.kind === 'none') return [];
      if (credential.kind === 'clear') return { ...common, password: credential.password };
      if (credential.kind === 'foreign')
        return { ...common, password: credential.hash, format: credential.format };
      const text = new Secret(formatVerifier(credential.verifier));
      return { ...common, password: text, format: 'hashed' as const };
    }),
  set(c, v) {
    const credential = credentialOf(v.password, v.format);
    if (!credential) return refuse('this is not a hash that this program wrote');
    return withUser(c, v.name, { credential, privilege: v.privilege ?? USUAL_PRIVILEGE });
  },
  unset: (c, { name }) => withoutUser(c, name),
});

const noPassword = setting(session)({
  path: ['username', userName, 'nopassword', privilege],
  words: userWords,
  key: ['name'],
  help: 'A local user that only another kind of proof lets in; no password fits.',
  get: ({ users }) =>
    [...users.values()].flatMap((user) =>
      user.credential.kind === 'none' ? { name: user.name, privilege: shownPrivilege(user) } : [],
    ),
  set: (c, v) =>
    withUser(c, v.name, {
      credential: { kind: 'none' },
      privilege: v.privilege ?? USUAL_PRIVILEGE,
    }),
  unset: (c, { name }) => withoutUser(c, name),
});

/** The attributes of one user. */
const userMode = mode(session)({
  name: 'username attributes',
  prompt: 'config-username',
  path: ['username', userName, 'attributes'],
  words: { ...userWords, attributes: 'Enter the attributes of a user' },
  help: 'Enters the attributes of a user.',
  hideEmpty: true,
  table: (c) => c.users,
  put: (c, users) => ({ ...c, users }),
  id: (v) => v.name,
  values: (name) => ({ name }),
  create: ({ name }) => refuse(`there is no user "${name}"`),
  fresh: ({ name }) => newUser(name),
  remove(c, { name }) {
    const user = c.users.get(name);
    if (!user) return c;
    const { credential, privilege: level } = user;
    return {
      ...c,
      users: withEntry(c.users, name, { ...newUser(name), credential, privilege: level }),
    };
  },
});

const service = setting(userMode)({
  path: [
    'service-type',
    choice('service', {
      admin: 'The user may look at this device, and with privilege 15 change it',
      'nas-prompt': 'The user may look at this device only',
      'remote-access': 'The user may use the VPN only',
    }),
  ],
  words: { 'service-type': 'Say what the user may use' },
  help: 'What the user may use; both when nothing is said.',
  get: (u) => (u.service === 'any' ? undefined : { service: u.service }),
  set: (u, v) => ({ ...u, service: v.service }),
  unset: (u) => ({ ...u, service: 'any' }),
});

const userGroupPolicy = setting(userMode)({
  path: ['vpn-group-policy', word('policy', 'Name of a group policy')],
  words: { 'vpn-group-policy': 'Set the group policy of the user' },
  help: 'The group policy of the user, in place of the one of the tunnel group.',
  get: (u) => (u.groupPolicy === undefined ? undefined : { policy: u.groupPolicy }),
  set: (u, { policy }) => ({ ...u, groupPolicy: policy }),
  unset: (u) => ({ ...u, groupPolicy: undefined }),
});

const framedAddress = setting(userMode)({
  path: ['vpn-framed-ip-address', ipv4('address', 'Address'), mask('mask', 'Mask')],
  words: { 'vpn-framed-ip-address': 'Give the user always the same address' },
  help: 'The address that the user is given, in place of one of a pool.',
  get: ({ framedAddress: framed }) =>
    framed && { address: framed.address, mask: framed.maskLength },
  set: (u, v) => ({ ...u, framedAddress: { address: v.address, maskLength: v.mask } }),
  unset: (u) => ({ ...u, framedAddress: undefined }),
});

const groupLock = setting(userMode)({
  path: ['group-lock value', word('group', 'Name of a tunnel group')],
  words: { 'group-lock': 'Bind the user to a tunnel group', value: 'Name it' },
  help: 'The only tunnel group through which the user may log in.',
  get: (u) =>
    u.groupLock === undefined || u.groupLock === 'none' ? undefined : { group: u.groupLock },
  set: (u, { group }) => ({ ...u, groupLock: group }),
  unset: (u) => ({ ...u, groupLock: undefined }),
});

const noGroupLock = setting(userMode)({
  path: ['group-lock none'],
  words: { none: 'Any, whatever the group policy says' },
  help: 'Lets the user log in through every tunnel group, whatever the group policy says.',
  get: (u) => (u.groupLock === 'none' ? true : undefined),
  set: (u) => ({ ...u, groupLock: 'none' }),
  unset: (u) => ({ ...u, groupLock: undefined }),
});

const simultaneousLogins = setting(userMode)({
  path: ['vpn-simultaneous-logins', int('logins', 0, 2147483647, 'Logins at a time')],
  words: { 'vpn-simultaneous-logins': 'Limit the logins at a time' },
  help: 'How many sessions the user may have at a time; 0 shuts the user out.',
  get: (u) => (u.simultaneousLogins === undefined ? undefined : { logins: u.simultaneousLogins }),
  set: (u, { logins }) => ({ ...u, simultaneousLogins: logins }),
  unset: (u) => ({ ...u, simultaneousLogins: undefined }),
});

/** Pools that share addresses would give one address twice. */
function overlaps(pools: readonly AddressPool[]): readonly Finding[] {
  const sorted = [...pools].sort((a, b) => compareAddresses(a.range.first, b.range.first));
  return sorted.flatMap((after, index) => {
    const before = sorted[index - 1];
    if (!before || compareAddresses(before.range.last, after.range.first) < 0) return [];
    return {
      severity: 'error' as const,
      at: [poolLine(after)],
      reason: `it shares addresses with the pool "${before.name}"`,
    };
  });
}

const poolLine = (p: AddressPool): string =>
  lineOf(pool, { name: p.name, range: p.range, mask: p.maskLength });

function verifyUser(user: User): readonly Finding[] {
  const kept = keptFindings(USER_KEPT, user.kept ?? new Map(), [headerOf(userMode, user)]);
  return [...kept, ...foreignFindings(user)];
}

function foreignFindings(user: User): readonly Finding[] {
  if (user.credential.kind !== 'foreign') return [];
  const { hash, format: written } = user.credential;
  const shown = { name: user.name, privilege: shownPrivilege(user) };
  return [
    {
      severity: 'warning',
      at: [lineOf(password, { ...shown, password: hash, format: written })],
      reason: 'only the other device can check this hash, so the user cannot log in here',
      remedy: `set the password anew with "username ${user.name} password"`,
    },
  ];
}

function verify(configuration: Configuration): readonly Finding[] {
  const { pools, users } = sessionSlice.of(configuration);
  return [
    ...overlaps([...pools.values()]),
    ...[...users.values()].flatMap(verifyUser),
    ...serverFindings(configuration),
  ];
}

/** The room of users, addresses and servers that know users. */
export const sessionRoom: Room = {
  slices: [sessionSlice],
  verify,
  sections: [
    { title: 'Address pools', place: 'pools', commands: [pool] },
    limitSection,
    serverSection,
    {
      title: 'Users',
      place: 'users',
      collated: true,
      commands: [
        password,
        noPassword,
        userMode.mode,
        service,
        userGroupPolicy,
        groupLock,
        noGroupLock,
        framedAddress,
        simultaneousLogins,
        ...USER_KEPT.flatMap((command) => keep(command, keptInside(userMode, 'kept'))),
      ],
    },
  ],
};
