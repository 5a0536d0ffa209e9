import { story } from './testing.ts';

story('a flood from one address gets its share and no more', 'flood-from-one-address', 2);
story(
  'a flood from everywhere stays within its limit, and honest clients connect',
  'flood-from-everywhere',
  1,
);
story(
  'everything said before, said again by strangers, changes nothing',
  'everything-repeated',
  15,
);
story('damaged datagrams change nothing', 'everything-damaged', 15);
story('clients take no forged answer for true', 'forged-answers', 15);
