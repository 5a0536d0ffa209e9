import { story } from './testing.ts';

story(
  'NAT-15 NAT-72 NAT-73 NAT-75: without NAT-T clients behind a PAT connect, and no data passes',
  'nat-traversal-off',
  4,
);
story(
  'NAT-35 NAT-72: a client without transparent tunneling connects, and no data passes',
  'transparent-tunneling-off',
  4,
);
story('NAT-13: without a PAT ESP travels as it is', 'without-pat', 4);
story('NAT-11 NAT-13: both ends find out who is behind a NAT', 'who-is-behind-nat', 4);
story(
  'NAT-68 NAT-69: a keepalive for each SA every 9 s, and from each client every 10 s',
  'keepalives',
  3,
);
story(
  'NAT-10 NAT-31: after the float each client keeps one port of the PAT, through rekeys and DPD',
  'one-port-for-life',
  4,
);
