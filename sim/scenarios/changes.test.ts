import { story } from './testing.ts';

story('a user who is removed stays until the next login', 'user-removed', 6);
story('a pool that moves takes nobody along and gives no address twice', 'pool-changed', 6);
story('another group key is for the next login, not for rekeys', 'group-key-changed', 6);
story('two runs of one seed are the same to the octet', 'twice', 2);
