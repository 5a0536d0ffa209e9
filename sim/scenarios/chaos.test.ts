import { story } from './testing.ts';

story('half an hour of misfortunes, then peace: everybody is served, nothing is left', 'chaos', 6);
