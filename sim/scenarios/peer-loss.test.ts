import { story } from './testing.ts';

story('a killed client is gone in time and its address is free again', 'killed-client', 10);
story(
  'NAT-45: a killed client that returns takes its own place only, though others share user or address',
  'killed-client-returns',
  10,
);
story(
  'NAT-45: one that returns at another port is served beside the session it left, until that is dead',
  'killed-client-returns-elsewhere',
  10,
);
story('when everybody vanishes nothing is left of anybody', 'everybody-vanishes', 10);
story('clients notice that the head-end lost its memory, and come back', 'head-end-crash', 8);
story('a partition of a minute heals', 'partition-of-a-minute', 8);
story('a partition of ten minutes heals', 'partition-of-ten-minutes', 8);
story('a link that fails in one direction heals', 'one-way-link', 8);
