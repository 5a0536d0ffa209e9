import { story } from './testing.ts';

story('two sites that both begin are joined after any storm', 'sites-in-storm', 15);
story('two sites negotiate both phases anew, and no ping is lost', 'sites-rekey', 5);
story('a site that restarts is joined again', 'site-restarts', 15);
story('a key that differs joins nothing, and comes right by itself', 'sites-disagree', 5);
story('a tunnel that is taken away is gone at both ends', 'site-removed', 10);
