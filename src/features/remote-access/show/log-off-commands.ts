import { exec, type Outcome } from '#config/exec';
import { flag } from '#config/path';
import { choice, int, word } from '#config/tokens';
import { userNames } from '#session/config';
import type { Session } from '#session/session';
import { tunnelGroupNames } from '../config.ts';
import type { RemoteAccessNeeds, RemoteAccessRequest } from './needs.ts';

const command = exec<RemoteAccessNeeds, RemoteAccessRequest>();

/** Administrators are not VPN sessions: nobody logs the console off with `all`. */
const isTunnel = (session: Session): boolean => session.kind !== 'management';

/** Asks for the end of these sessions; `what` names them in the answer. */
function logOff(sessions: readonly Session[], what: string): Outcome<RemoteAccessRequest> {
  if (sessions.length === 0) return { kind: 'error', text: `% There is no VPN session of ${what}` };
  const indexes = sessions.map((s) => s.index);
  const done = `INFO: Number of sessions of ${what} logged off : ${indexes.length}`;
  return { kind: 'request', request: { kind: 'logOffSessions', indexes, done } };
}

/** Sessions that pass, in the order of their numbers. */
const select = (n: RemoteAccessNeeds, passes: (session: Session) => boolean): Session[] =>
  [...n.sessions.values()].filter((s) => isTunnel(s) && passes(s));

const words = {
  'vpn-sessiondb': 'Sessions',
  logoff: 'Log sessions off',
  name: 'Those of one user',
  index: 'The one of a number',
  'tunnel-group': 'Those of one tunnel group',
  group: 'Those of one tunnel group',
} as const;

const noConfirm = flag(
  'noConfirm',
  'noconfirm',
  'For scripts that send it; nothing is asked anyway',
);

const byName = command({
  path: ['vpn-sessiondb logoff name', word('user', 'Name of the user', 64, userNames), noConfirm],
  words,
  help: 'Logs every VPN session of a user off.',
  since: '002:208',
  run: (n, { user }) =>
    logOff(
      select(n, (s) => s.username === user),
      `user "${user}"`,
    ),
});

const byIndex = command({
  path: [
    'vpn-sessiondb logoff index',
    int('index', 1, 2 ** 31 - 1, 'Number of the session'),
    noConfirm,
  ],
  words,
  help: 'Logs one VPN session off.',
  since: '002:208',
  run(n, { index }) {
    const session = n.sessions.get(index);
    return logOff(session && isTunnel(session) ? [session] : [], `index ${index}`);
  },
});

const group = word('group', 'Name of the tunnel group', 64, tunnelGroupNames);

const byGroup = command({
  path: ['vpn-sessiondb logoff tunnel-group', group, noConfirm],
  also: [['vpn-sessiondb logoff group', group, noConfirm]],
  words,
  help: 'Logs every VPN session of a tunnel group off.',
  since: '002:208',
  run: (n, values) =>
    logOff(
      select(n, (s) => s.group === values.group),
      `tunnel-group "${values.group}"`,
    ),
});

/** The classes of "Logout All" (NAT-36). */
const CLASSES = {
  all: 'Every VPN session',
  'ra-ikev1-ipsec': 'Every session of remote access by IKEv1',
  remote: 'Every session of remote access',
  l2l: 'Every LAN-to-LAN session',
} as const;

const isOfClass = (session: Session, wanted: keyof typeof CLASSES): boolean =>
  wanted === 'all' || session.kind === (wanted === 'l2l' ? 'lanToLan' : 'remoteAccess');

const byClass = command({
  path: ['vpn-sessiondb logoff', choice('class', CLASSES), noConfirm],
  words,
  help: 'Logs every VPN session of a class off.',
  since: '002:208',
  run: (n, values) =>
    logOff(
      select(n, (s) => isOfClass(s, values.class)),
      `type "${values.class}"`,
    ),
});

/** The commands that log sessions off. */
export const logOffCommands = [byName, byIndex, byGroup, byClass] as const;
