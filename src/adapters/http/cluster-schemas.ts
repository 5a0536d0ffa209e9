import type {
  ChoicesView,
  ChoiceView,
  ClusterMemberView,
  ClusterView,
  Diagnosis,
  DrainRequest,
  DrainView,
  Finding,
  LoadSample,
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
  parameters,
  text,
} from './schemas.ts';

const memberSchema = object<ClusterMemberView>(
  {
    privateAddress: text,
    publicAddress: text,
    mappedAddress: described(text, 'What the member is translated to'),
    role: oneOf('off', 'waiting', 'joining', 'backup', 'master', 'leaving', 'refused'),
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
    silentMs: described(number, 'Since its last keepalive; absent for this device'),
  },
  ['mappedAddress', 'load', 'silentMs'],
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
    client: text,
    member: described(text, 'Private address of the member that took it'),
    target: described(text, 'What the client was told'),
    explanation: text,
  },
  ['member', 'target'],
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
