import type { Section } from '#config/room';
import { globalScope, setting } from '#config/setting';
import { int } from '#config/tokens';
import { sessionSlice } from './config.ts';
import { DEFAULT_SESSION_LIMIT } from './session-table.ts';

const sessionLimit = setting(globalScope(sessionSlice))({
  path: ['vpn-sessiondb max-session-limit', int('limit', 1, DEFAULT_SESSION_LIMIT, 'Sessions')],
  words: {
    'vpn-sessiondb': 'Sessions of VPN clients and peers',
    'max-session-limit': 'Set how many there may be at once',
  },
  help: 'How many VPN sessions there may be at once; management sessions do not count.',
  since: '000:396',
  get: ({ sessionLimit: limit }) => (limit === undefined ? undefined : { limit }),
  set: (c, { limit }) => ({ ...c, sessionLimit: limit }),
  unset: (c) => ({ ...c, sessionLimit: undefined }),
});

/** The limits of the session table. */
export const limitSection: Section = {
  title: 'Session limits',
  place: 'policies',
  commands: [sessionLimit],
};
