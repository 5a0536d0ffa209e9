import type { Completion, Reply } from '#adapters/terminal/shell';
import { MOST_CLUSTER_ROWS } from '#engine/cluster-sessions';
import type { ThroughputSample } from '#views/live-views';
import type {
  EventPage,
  EventView,
  IpsecSaView,
  IsakmpSaView,
  Page,
  SaCountersView,
  SessionDetailView,
  SessionSummaryView,
  SessionView,
  SystemView,
} from '#views/views';

export type JsonSchema = { readonly [keyword: string]: unknown };

type OptionalKey<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];

/**
 * The schema of an object type, which must name every field of it: an answer is serialized by its
 * schema, so a field that is not declared here never leaves the house.
 */
export const object = <T>(
  properties: { readonly [K in keyof T]-?: JsonSchema },
  optional: readonly OptionalKey<T>[] = [],
): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((key) => !optional.includes(key as OptionalKey<T>)),
  properties,
});

export const text: JsonSchema = { type: 'string' };
export const number: JsonSchema = { type: 'number' };
export const integer: JsonSchema = { type: 'integer' };
export const flag: JsonSchema = { type: 'boolean' };
export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
export const oneOf = (...values: readonly string[]): JsonSchema => ({
  type: 'string',
  enum: values,
});
export const described = (schema: JsonSchema, description: string): JsonSchema => ({
  ...schema,
  description,
});

export const moment = described(number, 'Milliseconds since the epoch');

const kind = oneOf('remoteAccess', 'lanToLan', 'management');

export const sessionFields = {
  index: integer,
  kind,
  state: oneOf('connecting', 'active', 'inactive', 'closing'),
  username: text,
  group: text,
  groupPolicy: text,
  assignedAddress: text,
  publicAddress: text,
  publicPort: integer,
  localPort: integer,
  protocol: text,
  encryption: text,
  hash: text,
  loginAt: moment,
  durationMs: number,
  idleMs: number,
  clientType: text,
  clientVersion: text,
  bytesTx: described(number, 'Octets sent to the client'),
  bytesRx: described(number, 'Octets received from the client'),
  packetsTx: number,
  packetsRx: number,
  legacy: described(list(text), 'Old algorithms in use'),
} satisfies { readonly [K in keyof SessionView]-?: JsonSchema };

export const optionalSessionFields = [
  'groupPolicy',
  'assignedAddress',
  'publicPort',
  'localPort',
  'idleMs',
  'clientType',
  'clientVersion',
] as const;

export const sessionSchema = object<SessionView>(sessionFields, optionalSessionFields);

export const summarySchema = object<SessionSummaryView>({
  activeLanToLan: integer,
  activeRemoteAccess: integer,
  activeManagement: integer,
  totalActive: integer,
  peakConcurrent: integer,
  concurrentLimit: integer,
  totalCumulative: integer,
});

const isakmpSaSchema = object<IsakmpSaView>(
  {
    id: integer,
    role: oneOf('initiator', 'responder'),
    state: text,
    localAddress: text,
    localPort: integer,
    remoteAddress: text,
    remotePort: integer,
    initiatorCookie: text,
    responderCookie: text,
    encryption: text,
    hash: text,
    dhGroup: text,
    authentication: text,
    natTraversal: oneOf('none', 'rfc3947', 'draft-02', 'draft-03'),
    localBehindNat: flag,
    remoteBehindNat: flag,
    lifetimeSeconds: number,
    remainingSeconds: number,
    group: text,
    username: text,
    legacy: list(text),
  },
  ['group', 'username'],
);

const counters = object<SaCountersView>({ packets: number, octets: number });

const ipsecSaSchema = object<IpsecSaView>(
  {
    isakmpSaId: integer,
    inboundSpi: integer,
    outboundSpi: integer,
    encryption: text,
    hash: text,
    pfs: text,
    mode: oneOf('tunnel', 'transport'),
    encapsulation: oneOf('udp', 'none'),
    localAddress: text,
    localPort: integer,
    remoteAddress: text,
    remotePort: integer,
    localNetwork: text,
    remoteNetwork: text,
    lifetimeSeconds: number,
    remainingSeconds: number,
    lifetimeKilobytes: number,
    replayWindow: integer,
    inbound: counters,
    outbound: counters,
    replayed: number,
    authenticationFailed: number,
    malformed: number,
    selectorMismatch: number,
    expired: number,
    legacy: list(text),
  },
  ['pfs'],
);

export const detailSchema = object<SessionDetailView>({
  asOf: moment,
  session: sessionSchema,
  isakmpSas: list(isakmpSaSchema),
  ipsecSas: list(ipsecSaSchema),
});

const eventSchema = object<EventView>(
  {
    seq: integer,
    at: moment,
    class: text,
    number: integer,
    severity: integer,
    repeat: integer,
    peer: text,
    group: text,
    username: text,
    text,
    why: described(text, 'What it means that this happened'),
    remedy: described(text, 'What to do about it'),
  },
  ['peer', 'group', 'username'],
);

export const eventPageSchema = object<EventPage>({
  items: list(eventSchema),
  lastSeq: integer,
  classes: list(text),
});

export const systemSchema = object<SystemView>({
  hostname: text,
  version: text,
  asOf: moment,
  uptimeMs: number,
  cpuPercent: number,
  processors: integer,
  memoryBytes: number,
  memoryTotalBytes: number,
  dataPlane: text,
  loadPercent: number,
  legacyPermitted: list(text),
  groups: list(text),
});

export const throughputSchema = list(
  object<ThroughputSample>({ at: moment, bitsPerSecondTx: number, bitsPerSecondRx: number }),
);

const pageOf = (items: JsonSchema): JsonSchema =>
  object<Page<unknown>>({ items: list(items), total: integer, asOf: moment, nextCursor: text }, [
    'nextCursor',
  ]);

export const sessionPageSchema = pageOf(sessionSchema);
export const isakmpSaPageSchema = pageOf(isakmpSaSchema);
export const ipsecSaPageSchema = pageOf(ipsecSaSchema);

export const meSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'mayChange'],
  properties: {
    name: text,
    mayChange: flag,
    csrfToken: described(text, 'To be repeated in X-CSRF-Token by every write of this login'),
    token: described(text, 'Bearer token, when one was asked for'),
    prompt: described(text, 'Prompt of the command line of this login'),
  },
};

export const loginStateSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { login: meSchema },
};

export const problemSchema: JsonSchema = {
  type: 'object',
  required: ['title', 'status', 'detail'],
  properties: { title: text, status: integer, detail: text },
};

const limit = { type: 'integer', minimum: 1, maximum: 500, default: 100 };
const cursor = { type: 'string', maxLength: 1024 };
const groupName = { type: 'string', maxLength: 128 };
const search = { type: 'string', maxLength: 128 };
const severity = { type: 'integer', minimum: 1, maximum: 13 };

const sortKeys = [
  'index',
  'username',
  'group',
  'assignedAddress',
  'publicAddress',
  'protocol',
  'encryption',
  'loginAt',
  'clientType',
  'bytesTx',
  'bytesRx',
  'state',
];

/** A request's parameters: what is not declared is refused by its name. */
export const parameters = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: string[] = [],
) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

export const listQuerySchema = parameters({ limit, cursor });

const sessionQuery = {
  kind,
  group: groupName,
  text: search,
  sort: { type: 'string', enum: sortKeys, default: 'index' },
  descending: { type: 'boolean', default: false },
  limit,
  cursor,
};
export const sessionQuerySchema = parameters(sessionQuery);
/** Every member sends so many rows. */
export const clusterSessionQuerySchema = parameters({
  ...sessionQuery,
  sort: { ...sessionQuery.sort, default: 'username' },
  limit: { ...limit, maximum: MOST_CLUSTER_ROWS, default: 50 },
});

const eventClass = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,32}$' };

export const eventQuerySchema = parameters({
  class: described(
    { type: 'string', pattern: '^[A-Za-z0-9_-]{1,32}(,[A-Za-z0-9_-]{1,32}){0,63}$' },
    'Classes, with commas between them',
  ),
  severityFrom: severity,
  severityTo: severity,
  text: search,
  after: { type: 'integer', minimum: 0 },
  before: { type: 'integer', minimum: 0 },
  limit,
});

export const sessionIndexSchema = parameters({ index: { type: 'integer', minimum: 0 } }, ['index']);

export const logoffAllSchema = parameters({ kind, group: groupName }, ['kind']);

/** One line as a person types it: no line breaks or other control characters. */
const commandText = { type: 'string', maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' };

export const commandSchema = parameters({ line: commandText }, ['line']);

export const replySchema = object<Reply & { readonly prompt: string }>({
  text,
  failed: described(flag, 'Whether the line could not be carried out'),
  prompt: described(text, 'What stands before the next line'),
});
export const helpSchema = object<{ readonly text: string }>({ text });
export const completionSchema = object<Completion>({ text, candidates: list(text) });

export const loginSchema = parameters(
  {
    user: { type: 'string', minLength: 1, maxLength: 128 },
    password: { type: 'string', maxLength: 256 },
    bearer: described(
      { type: 'boolean', default: false },
      'Answer with a token instead of a cookie',
    ),
  },
  ['user', 'password'],
);

/** What the console may ask for over its websocket. */
export const liveRequestSchema = parameters({
  sessions: parameters(
    {
      kind,
      group: groupName,
      text: search,
      sort: { type: 'string', enum: sortKeys },
      descending: flag,
      limit,
      cursor,
    },
    ['sort', 'descending', 'limit'],
  ),
  detail: { type: 'integer', minimum: 0 },
  events: parameters(
    {
      classes: { type: 'array', maxItems: 64, items: eventClass },
      severityFrom: severity,
      severityTo: severity,
      text: search,
      limit,
    },
    ['limit'],
  ),
  cluster: flag,
});
