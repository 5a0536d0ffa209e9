import { story } from './testing.ts';

story(
  'sessions follow a PAT that forgot everything and deals its ports out in another order',
  'pat-restart',
  10,
);
story('a new mapping is followed without any traffic', 'mapping-changes-while-idle', 10);
story('what a stranger repeats or forges from elsewhere moves nobody', 'forged-moves', 10);
