import { story } from './testing.ts';

story(
  'NAT-01 NAT-38: 20 clients behind one PAT connect at 5 % loss and each reaches the inside',
  'twenty-clients',
  200,
);
story('NAT-38: 100 clients behind four PATs connect within a minute', 'hundred-clients', 2);
story(
  'at 20 % loss, duplication and reordering nothing breaks, and after it all are served',
  'rough-network',
  15,
);
story('NAT-38: one user with two clients behind one PAT has two sessions', 'same-user-twice', 10);
story('one login more than a user may have ends the oldest', 'one-login-too-many', 5);
