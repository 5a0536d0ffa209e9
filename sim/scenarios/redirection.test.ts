import { story } from './testing.ts';

story(
  'clients are sent from one head-end to another at 20 % loss, duplication and reordering',
  'redirected-in-storm',
  20,
);
story(
  'two head-ends that redirect to each other do not hold a client forever',
  'redirected-in-circles',
  10,
);
