import { withEntry } from '#config/configuration';
import { formatPath, optional, type Path, type ValuesOf } from '#config/path';
import type { Declaration } from '#config/setting';
import { globalScope, headerOf, lineOf, mode, setting } from '#config/setting';
import { interfaceName } from '#config/system';
import { choice, int } from '#config/tokens';
import { type IpsecConfiguration, type IsakmpPolicySetting, ipsecSlice } from './config.ts';
import { type LegacyNeed, legacyOfCipher, legacyOfGroup, legacyOfHash } from './legacy.ts';
import { dhGroup, isakmpCipher, isakmpHash } from './tokens.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

const newPolicy = (priority: number): IsakmpPolicySetting => ({
  priority,
  authentication: 'pre-share',
  encryption: 'aes-cbc-256',
  hash: 'sha2-256',
  group: 'modp2048',
  lifetimeSeconds: 86400,
});

const priority = int('priority', 1, 65535, 'Priority, the smaller the better');

/** One acceptable transform of phase 1. */
const isakmpPolicyMode = mode(ipsec)({
  name: 'isakmp policy',
  prompt: 'config-ikev1-policy',
  path: ['crypto ikev1 policy', priority],
  also: [['crypto isakmp policy', priority]],
  words: { ...cryptoWords, policy: 'Add a policy of phase 1' },
  help: 'Enters a policy of phase 1. A peer gets the first policy that it offers too.',
  since: '001:532, 004:286',
  table: (c) => c.isakmpPolicies,
  put: (c, isakmpPolicies) => ({ ...c, isakmpPolicies }),
  id: (v) => v.priority,
  values: (priority) => ({ priority }),
  create: (v) => newPolicy(v.priority),
  order: (a, b) => a - b,
});

const authentications = choice('authentication', {
  'pre-share': 'A key that both ends were given',
  'rsa-sig': 'RSA signatures and certificates',
});

const authentication = setting(isakmpPolicyMode)({
  path: ['authentication', authentications],
  words: { authentication: 'Say how the ends prove who they are' },
  help: 'How the ends prove who they are.',
  since: '001:533',
  always: true,
  get: (p) => ({ authentication: p.authentication }),
  set: (p, v) => ({ ...p, ...v }),
  unset: (p) => ({ ...p, authentication: newPolicy(p.priority).authentication }),
});

const encryption = setting(isakmpPolicyMode)({
  path: ['encryption', isakmpCipher],
  words: { encryption: 'Set the cipher' },
  help: 'The cipher of phase 1.',
  always: true,
  get: (p) => ({ encryption: p.encryption }),
  set: (p, v) => ({ ...p, ...v }),
  unset: (p) => ({ ...p, encryption: newPolicy(p.priority).encryption }),
});

const hash = setting(isakmpPolicyMode)({
  path: ['hash', isakmpHash],
  words: { hash: 'Set the hash function' },
  help: 'The hash function of phase 1.',
  since: '004:287',
  always: true,
  get: (p) => ({ hash: p.hash }),
  set: (p, v) => ({ ...p, ...v }),
  unset: (p) => ({ ...p, hash: newPolicy(p.priority).hash }),
});

const group = setting(isakmpPolicyMode)({
  path: ['group', dhGroup],
  words: { group: 'Set the Diffie-Hellman group' },
  help: 'The Diffie-Hellman group of phase 1.',
  always: true,
  get: (p) => ({ group: p.group }),
  set: (p, v) => ({ ...p, ...v }),
  unset: (p) => ({ ...p, group: newPolicy(p.priority).group }),
});

const lifetime = setting(isakmpPolicyMode)({
  path: ['lifetime', int('seconds', 120, 2147483647, 'Seconds')],
  words: { lifetime: 'Set how long phase 1 lasts' },
  help: 'How long an ISAKMP SA lasts.',
  always: true,
  get: (p) => ({ seconds: p.lifetimeSeconds }),
  set: (p, { seconds }) => ({ ...p, lifetimeSeconds: seconds }),
  unset: (p) => ({ ...p, lifetimeSeconds: newPolicy(p.priority).lifetimeSeconds }),
});

const onInterface = interfaceName('interface');

const enable = setting(ipsec)({
  path: ['crypto ikev1 enable', onInterface],
  also: [
    ['crypto isakmp enable', onInterface],
    ['isakmp enable', onInterface],
  ],
  words: { ...cryptoWords, enable: 'Answer on an interface' },
  key: ['interface'],
  help: 'Answers IKEv1 on an interface.',
  since: '003:645',
  get: (c) => c.isakmpInterfaces.map((name) => ({ interface: name })),
  set: (c, v) => ({ ...c, isakmpInterfaces: [...new Set([...c.isakmpInterfaces, v.interface])] }),
  unset: (c, v) => ({
    ...c,
    isakmpInterfaces: c.isakmpInterfaces.filter((name) => name !== v.interface),
  }),
});

const aggressiveMode = setting(ipsec)({
  path: ['crypto ikev1 am-disable'],
  also: [['crypto isakmp am-disable']],
  words: { ...cryptoWords, 'am-disable': 'Refuse aggressive mode' },
  help: 'Refuses aggressive mode on all interfaces.',
  get: (c) => !c.aggressiveMode,
  set: (c) => ({ ...c, aggressiveMode: false }),
  unset: (c) => ({ ...c, aggressiveMode: true }),
});

/** NAT-68: the concentrator sends a keepalive every 9 seconds. */
const USUAL_KEEPALIVE_SECONDS = 9;

const keepaliveSeconds = int('seconds', 5, 3600, 'Seconds between keepalives');

const natTraversal = setting(ipsec)({
  path: ['crypto isakmp nat-traversal', optional(keepaliveSeconds)],
  also: [
    ['crypto ikev1 nat-traversal', optional(keepaliveSeconds)],
    ['isakmp nat-traversal', optional(keepaliveSeconds)],
  ],
  words: { ...cryptoWords, 'nat-traversal': 'Let ESP travel in UDP where a NAT is in between' },
  help: 'Detects NAT and lets ESP travel in UDP then; off by default.',
  since: '002:82, 002:126',
  get: ({ natTraversal: nat }) => nat && { seconds: nat.keepaliveSeconds },
  set: (c, { seconds }) => ({
    ...c,
    natTraversal: { keepaliveSeconds: seconds ?? USUAL_KEEPALIVE_SECONDS },
  }),
  unset: (c) => ({ ...c, natTraversal: undefined }),
});

/**
 * PIX: one line for each parameter of a policy. They are listed as the lines of a policy that an ASA has.
 */
const pixParameter = <const P extends Path>(
  path: P,
  change: (values: ValuesOf<P>) => Partial<IsakmpPolicySetting>,
): Declaration =>
  setting(ipsec)({
    path: ['isakmp policy', priority, ...path] as Path,
    also: [],
    words: { isakmp: 'Internet Key Exchange version 1', policy: 'Add a policy of phase 1' },
    dialects: ['pix'],
    key: [],
    help: 'A parameter of a policy of phase 1, listed within the policy.',
    writes: (values) => [
      [headerOf(isakmpPolicyMode, values as { readonly priority: number })],
      [
        headerOf(isakmpPolicyMode, values as { readonly priority: number }),
        formatPath(path, values, 'person'),
      ],
    ],
    get: () => undefined,
    set: (c, values) => {
      const at = (values as unknown as { readonly priority: number }).priority;
      const policy = c.isakmpPolicies.get(at) ?? newPolicy(at);
      const next = { ...policy, ...change(values as unknown as ValuesOf<P>) };
      return { ...c, isakmpPolicies: withEntry(c.isakmpPolicies, at, next) };
    },
  });

const seconds = int('seconds', 120, 2147483647, 'Seconds');

const pixParameters: readonly Declaration[] = [
  pixParameter(['authentication', authentications], (v) => v),
  pixParameter(['encryption', isakmpCipher], (v) => v),
  pixParameter(['hash', isakmpHash], (v) => v),
  pixParameter(['group', dhGroup], (v) => v),
  pixParameter(['lifetime', seconds], (v) => ({ lifetimeSeconds: v.seconds })),
];

/** The commands of phase 1, in the order of a listing. */
export const isakmpCommands: readonly Declaration[] = [
  enable,
  natTraversal,
  aggressiveMode,
  isakmpPolicyMode.mode,
  authentication,
  encryption,
  hash,
  group,
  lifetime,
  ...pixParameters,
];

/** The line that answers IKEv1 on an interface, for findings. */
export const enableLine = (name: string): string => lineOf(enable, { interface: name });

/** The lines of a policy, for findings. */
export const policyLine = (p: IsakmpPolicySetting): string =>
  headerOf(isakmpPolicyMode, { priority: p.priority });
export const encryptionLine = (p: IsakmpPolicySetting): string => lineOf(encryption, p);
export const authenticationLine = (p: IsakmpPolicySetting): string =>
  lineOf(authentication, { authentication: p.authentication });

/** What the policies need from behind the fence; one that is not offered needs nothing. */
export const isakmpNeeds = (c: IpsecConfiguration): readonly LegacyNeed[] =>
  [...c.isakmpPolicies.values()]
    .filter((p) => p.authentication === 'pre-share')
    .flatMap((p) => [
      { at: [policyLine(p), lineOf(encryption, p)], items: legacyOfCipher(p.encryption) },
      { at: [policyLine(p), lineOf(hash, p)], items: legacyOfHash(p.hash) },
      { at: [policyLine(p), lineOf(group, p)], items: legacyOfGroup(p.group) },
    ]);
