import type { SlowWork } from '#adapters/device-runner';
import type { ManagementPort } from '#adapters/http/management-port';
import { now } from '#adapters/machine-clock';
import type { Shell } from '#adapters/terminal/shell';
import { address, type IpAddress } from '#base/address';
import { formatDiagnostic } from '#config/diagnostic';
import { parseListing } from '#config/parse';
import { InsideHost } from '#dataplane/inside-host';
import { grammar } from '#engine/grammar';
import { type EventRecord, eventText } from '#events/event';
import { clientRedirected, memberCannotBegin } from '#features/cluster/events';
import { becameBackup, becameMaster, masterLost, memberLost } from '#protocol/vcl/events';
import type { Seat } from './consoles.ts';
import { type DemoSecrets, demoAddresses, demoConfiguration } from './demo-network.ts';
import { timeOfDay } from './demo-story.ts';
import { HeadEndConsole } from './head-end-console.ts';
import { type HeadEndProcess, startHeadEnd } from './head-end-process.ts';
import type { IkePorts } from './listening.ts';
import { headEndManagement } from './management.ts';
import { type Sealing, sealingOf } from './passwords.ts';
import type { Performed } from './shell.ts';

export type DemoMemberParts = {
  readonly name: string;
  /** Last octet of its addresses. */
  readonly host: number;
  readonly outside: IpAddress;
  readonly priority: number;
  readonly clusterAddress: IpAddress;
  readonly clusterKey: string;
  /** Whether members speak in IPsec. */
  readonly encrypts: boolean;
  readonly secrets: DemoSecrets;
  readonly work: SlowWork;
  /** Keeps what was computed of the passwords, which all members have alike. */
  readonly sealing: SharedSealing;
  readonly ports: IkePorts;
  readonly clusterPort: number;
  /** Last octets of the other members. */
  readonly others: readonly number[];
  readonly stateFolder: string;
  readonly say: (text: string) => void;
};

/** The verifiers of passwords that several devices have alike, computed by the first that needs them. */
export type SharedSealing = { made: Promise<Sealing> | undefined };

type Running = {
  readonly headEnd: HeadEndProcess;
  readonly console: HeadEndConsole;
  readonly management: ManagementPort;
};

/** Of a member of the demo. */
const SESSIONS_MOST = 20;

/** Members need nothing of what old clients need: they offer this policy first, and use it. */
const AMONG_MEMBERS: readonly string[] = [
  'crypto ikev1 enable inside',
  'crypto ikev1 policy 5',
  ' encryption aes-256',
  ' hash sha256',
  ' group 19',
];

/** What the story of the cluster is made of. */
const TOLD: readonly unknown[] = [
  becameMaster,
  becameBackup,
  masterLost,
  memberCannotBegin,
  memberLost,
  clientRedirected,
];

/** One head-end of the cluster demo: it can be started, ended, and taken away without a word. */
export class DemoMember {
  readonly #parts: DemoMemberParts;
  #running: Running | undefined;

  constructor(parts: DemoMemberParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get runs(): boolean {
    return this.#running !== undefined;
  }

  get outside(): IpAddress {
    return this.#parts.outside;
  }

  /** What a web console asks of it; undefined while it does not run. */
  get management(): ManagementPort | undefined {
    return this.#running?.management;
  }

  get isMaster(): boolean {
    return this.#running?.headEnd.device.cluster.member?.phase.phase === 'master';
  }

  /** Whether it is master, and so many others can be sent clients. */
  hasGathered(others: number): boolean {
    const view = this.isMaster ? this.management?.cluster.view() : undefined;
    const ready = view?.peers.filter(
      ({ condition, publicPath, load }) => condition === 'alive' && publicPath === 'open' && load,
    );
    return ready?.length === others;
  }

  /** Old algorithms that the session of a user here uses. */
  legacyOf(user: string): readonly string[] {
    const sessions = this.#running?.headEnd.device.sessions.ofUser(user) ?? [];
    return sessions.flatMap((session) => session.legacy);
  }

  openShell(seat: Seat): Shell {
    const running = this.#running;
    if (!running) throw new Error(`${this.name} does not run`);
    return running.console.openShell(seat);
  }

  /** Writes an event to the log of this member. */
  note(record: EventRecord): void {
    this.#running?.headEnd.device.note(record, now());
  }

  async start(): Promise<Performed> {
    if (this.#running) return { text: `% ${this.name} runs already`, failed: true };
    const { work, ports, stateFolder, name, host } = this.#parts;
    const inside = [address(`127.32.1.${host}`), demoAddresses.insideHost];
    const started = await startHeadEnd({
      configuration: await this.#configuration(),
      work,
      ports,
      stateFolder,
      inside: { kind: 'memory', connect: (send) => new InsideHost(inside, send) },
    });
    if (!started.ok) return { text: started.error, failed: true };
    const headEnd = started.value;
    headEnd.device.log.listen(({ record }) => {
      if (TOLD.includes(record.definition)) this.#say(eventText(record).split('\n').join(' '));
    });
    const console = new HeadEndConsole(headEnd, undefined, work.scrypt);
    const management = headEndManagement(console, headEnd, work.scrypt);
    this.#running = { headEnd, console, management };
    return { text: `${name} runs`, failed: false };
  }

  /** Says good-bye to clients and members. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.headEnd.close();
  }

  /** As if the power failed. */
  async crash(): Promise<Performed> {
    const running = this.#running;
    if (!running) return { text: `% ${this.name} does not run`, failed: true };
    this.#running = undefined;
    await running.headEnd.vanish();
    this.#say('Its power is cut');
    return { text: `${this.name} is gone without a word`, failed: false };
  }

  #say(text: string): void {
    this.#parts.say(`${timeOfDay()}  ${this.name.padEnd(10)}  ${text}`);
  }

  async #configuration() {
    const { name, host, outside, priority, others, secrets, work, sealing } = this.#parts;
    const { clusterAddress, clusterKey, clusterPort, encrypts } = this.#parts;
    const listing = demoConfiguration(secrets, {
      hostname: name,
      outside,
      inside: address(`127.32.1.${host}`),
      pool: `40.1.${host}.1-40.1.${host}.100`,
      lines: [
        ...(encrypts ? AMONG_MEMBERS : []),
        // Few, so that one client is a load that can be seen.
        `vpn-sessiondb max-session-limit ${SESSIONS_MOST}`,
        'vpn load-balancing',
        ` cluster ip address ${clusterAddress}`,
        ` priority ${priority}`,
        ` cluster port ${clusterPort}`,
        ` cluster key ${clusterKey}`,
        ...(encrypts ? [' cluster encryption'] : []),
        // Loopback has no neighbours: they are told of each other.
        ...others.map((other) => ` member 127.32.1.${other}`),
        ' participate',
      ],
    });
    const parsed = parseListing(grammar, listing);
    const [wrong] = parsed.diagnostics.filter((d) => d.severity === 'error');
    if (wrong) throw new Error(formatDiagnostic('demo', wrong));
    sealing.made ??= sealingOf(parsed.configuration, work.scrypt);
    return (await sealing.made).seal(parsed.configuration);
  }
}
