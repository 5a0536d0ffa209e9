import { story } from './testing.ts';

story('no ping is lost across rekeys by seconds', 'rekeys-by-seconds', 3);
story('no ping is lost across rekeys by kilobytes', 'rekeys-by-kilobytes', 3);
story('no ping is lost when phase 1 is negotiated anew', 'phase-one-rekeys', 3);
story(
  'both phases are negotiated anew in a storm, and after it all are served',
  'phase-one-rekeys-in-storm',
  4,
);
story('with the usual lifetimes nothing is rekeyed in half an hour', 'no-needless-rekeys', 2);
story('rekeys at 10 % loss never stop the traffic', 'rekeys-in-rain', 3);
story('rekeys from both ends at once leave both with a pair', 'rekey-collisions', 15);
story('keys that run out in a partition are made anew after it', 'keys-run-out-in-partition', 15);
