import { plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { nodeEspCiphers } from './node-esp-ciphers.ts';
import { espCiphersCompliance } from './testing/esp-ciphers-compliance.ts';

espCiphersCompliance('node:crypto', () => ({
  ciphers: nodeEspCiphers(new Prng(1)),
  arena: plainArena,
}));
