import type { Program } from './program.ts';

export const demoProgram: Program = {
  name: 'demo',
  synopsis: '',
  summary: 'a head-end, a PAT and three clients on loopback addresses, without root',
  help: '',
  run: () => Promise.resolve(1),
};
