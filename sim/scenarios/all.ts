import * as logins from './logins.ts';

/** Every scenario, by the name that the command line takes. */
export const scenarios = {
  'twenty-clients': logins.twentyClients,
  'hundred-clients': logins.hundredClients,
  'rough-network': logins.roughNetwork,
  'same-user-twice': logins.sameUserTwice,
  'one-login-too-many': logins.oneLoginTooMany,
} as const;
