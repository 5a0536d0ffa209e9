import type {
  BalancingChange,
  BalancingForm,
  BalancingVerdict,
  ChoicesView,
  ChoiceView,
  ClusterMemberView,
  ClusterSessionPage,
  ClusterSessionsMember,
  ClusterSessionView,
  ClusterView,
  Diagnosis,
  DrainRequest,
  DrainView,
  FilterView,
  Finding,
  LoadSample,
  MemberHeard,
} from '#views/cluster-views';
import {
  described,
  flag,
  integer,
  type JsonSchema,
  list,
  moment,
  number,
  object,
  oneOf,
  optionalSessionFields,
  parameters,
  sessionFields,
  summarySchema,
  text,
} from './schemas.ts';

const memberSchema = object<ClusterMemberView>(
  {
    privateAddress: text,
    publicAddress: text,
    mappedAddress: described(text, 'What the member is translated to'),
    role: oneOf('off', 'waiting', 'joining', 'electing', 'backup', 'master', 'leaving', 'refused'),
    condition: oneOf('alive', 'suspect', 'dead', 'left'),
    deviceType: text,
    hostname: text,
    version: text,
    priority: integer,
    load: {
      ...object<NonNullable<ClusterMemberView['load']>>({
        percent: integer,
        sessions: integer,
        limit: integer,
        inactive: integer,
      }),
      description: 'Absent where it is not known: only the master hears of the load of others',
    },
    draining: flag,
    full: flag,
    poolEmpty: flag,
    publicPath: oneOf('unknown', 'open', 'closed'),
    durationMs: described(number, 'Since this device knows of it'),
    heard: {
      ...object<MemberHeard>({ by: oneOf('self', 'master'), agoMs: number }),
      description:
        'Since its last word to this device, or since the master last listed it: backups do not hear each other; absent for this device',
    },
    suspected: {
      ...object<NonNullable<ClusterMemberView['suspected']>>({ times: integer, lastAt: moment }),
      description: 'How often this device suspected it to be gone, and when last; absent for never',
    },
  },
  ['mappedAddress', 'load', 'heard', 'suspected'],
);

const clusterSessionSchema = object<ClusterSessionView>(
  { ...sessionFields, member: described(text, 'Private address of the member that it is on') },
  optionalSessionFields,
);

export const clusterSessionPageSchema = object<ClusterSessionPage>(
  {
    items: list(clusterSessionSchema),
    total: described(integer, 'Of members that answered'),
    asOf: moment,
    nextCursor: text,
    members: list(
      object<ClusterSessionsMember>(
        {
          privateAddress: text,
          hostname: text,
          isSelf: flag,
          answer: described(
            oneOf('whole', 'silent', 'busy'),
            'The sessions of a member that is silent or busy are missing',
          ),
          total: described(integer, 'Of its sessions that match the filter'),
          summary: summarySchema,
        },
        ['total', 'summary'],
      ),
    ),
    moved: described(integer, 'Older sessions left out, since the client is on another member now'),
  },
  ['nextCursor'],
);

const drainSchema = object<DrainView>(
  {
    since: moment,
    sessionsAtStart: integer,
    sessionsLeft: integer,
    moves: flag,
    until: moment,
    over: described(text, 'Why it is over'),
  },
  ['until', 'over'],
);

const filterSchema = object<FilterView>(
  {
    side: oneOf('private', 'public'),
    interface: text,
    filter: described(text, 'Absent for none'),
    stops: list(
      object<FilterView['stops'][number]>({
        rule: text,
        reason: text,
        remedy: text,
        datagrams: described(integer, 'Stopped so far'),
      }),
    ),
  },
  ['filter'],
);

export const clusterSchema = object<ClusterView>(
  {
    asOf: moment,
    participates: flag,
    personality: oneOf('vpn3000', 'asa'),
    encryption: flag,
    authenticated: flag,
    clusterAddresses: list(text),
    port: integer,
    term: integer,
    obstacle: described(text, 'Why this device does not take part although it should'),
    self: memberSchema,
    peers: list(memberSchema),
    filters: list(filterSchema),
    drain: drainSchema,
  },
  ['obstacle', 'drain'],
);

const choiceSchema = object<ChoiceView>(
  {
    seq: integer,
    at: moment,
    rule: oneOf(
      'masterIsLeast',
      'leastPercent',
      'fewestSessions',
      'lowestAddress',
      'onlyBackup',
      'noBackup',
      'nobodyHasRoom',
    ),
    outcome: {
      ...oneOf('backup', 'master', 'refused'),
      description: 'Sent to a backup, taken by the master itself, or turned away',
    },
    client: text,
    clientPort: integer,
    member: described(text, 'Private address of the member that took it'),
    target: described(text, 'What the client was told'),
    name: described(text, 'Its name, where clients are to be sent to names'),
    explanation: text,
  },
  ['member', 'target', 'name'],
);

export const choicesSchema = object<ChoicesView>({ asOf: moment, items: list(choiceSchema) });

export const loadSchema = list(
  object<LoadSample>({
    at: moment,
    percents: { type: 'object', additionalProperties: integer },
  }),
);

export const diagnosisSchema = object<Diagnosis>({
  asOf: moment,
  findings: list(
    object<Finding>({
      severity: oneOf('problem', 'hint'),
      subject: text,
      text,
      remedy: described(text, 'What to do about it'),
    }),
  ),
});

export const drainRequestSchema: JsonSchema = parameters({
  move: described(
    { type: 'boolean', default: false },
    'Tell clients to connect anew, to other members',
  ),
  minutes: { type: 'integer', minimum: 1, maximum: 10_080 },
} satisfies Record<keyof DrainRequest, JsonSchema>);

export const balancingFormSchema = object<BalancingForm>({
  hostname: described(text, 'Of the device whose settings these are'),
  clusterAddress: text,
  port: text,
  encryption: flag,
  hasKey: described(flag, 'Whether there is a shared secret; it is never told'),
  participates: flag,
  priority: text,
  nat: described(text, '0.0.0.0 for none'),
});

/** One line as a person types it into a field. */
const field: JsonSchema = {
  type: 'string',
  maxLength: 256,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
};
/** One word: a secret is no two. */
const word: JsonSchema = { ...field, pattern: '^[^\\s\\u0000-\\u001f\\u007f]*$' };

/** A form as it was read, sent back. */
const readForm = parameters(
  {
    hostname: field,
    clusterAddress: field,
    port: field,
    encryption: flag,
    hasKey: flag,
    participates: flag,
    priority: field,
    nat: field,
  } satisfies Record<keyof BalancingForm, JsonSchema>,
  ['hostname', 'clusterAddress', 'port', 'encryption', 'hasKey', 'participates', 'priority', 'nat'],
);

export const balancingChangeSchema = parameters(
  {
    from: described(readForm, 'The form as it was read; a change of another one is refused'),
    clusterAddress: field,
    port: field,
    encryption: flag,
    key: described(word, 'The shared secret; absent to leave it as it is'),
    verifyKey: described(word, 'The shared secret again'),
    participates: flag,
    priority: field,
    nat: field,
  } satisfies Record<keyof BalancingChange, JsonSchema>,
  ['from', 'clusterAddress', 'port', 'encryption', 'participates', 'priority', 'nat'],
);

export const balancingVerdictSchema = object<BalancingVerdict>({
  accepted: flag,
  changes: described(text, 'Lines that go and come, as in a patch'),
  findings: list(
    object<BalancingVerdict['findings'][number]>(
      { severity: oneOf('error', 'warning'), field: text, reason: text, remedy: text },
      ['field', 'remedy'],
    ),
  ),
});
