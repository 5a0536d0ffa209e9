import { story } from './testing.ts';

story('NAT-46: a password may take 17 or 85 seconds to type', 'slow-typist', 5);
story('NAT-46: a password that takes 120 seconds is too late', 'typist-too-slow', 5);
story(
  'an unknown group looks like a wrong key on the wire',
  'unknown-group-looks-like-wrong-key',
  5,
);
story(
  'an unknown user looks like a wrong password on the wire',
  'unknown-user-looks-like-wrong-password',
  5,
);
story('who guesses passwords troubles nobody else', 'wrong-password', 5);
story('no Mode Config and no Quick Mode before XAUTH', 'skips-authentication', 5);
story('the group key alone is not enough', 'offers-no-extended-authentication', 5);
