/** A lab as data: its folder's topology and story, read and checked before anything is started. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LabError } from './lab-error.ts';
import { parseStory, type Story } from './story.ts';
import { parseTopology, type Topology } from './topology.ts';

export type Lab = {
  readonly name: string;
  readonly folder: string;
  readonly topology: Topology;
  readonly story: Story;
};

/** Reads one lab; throws a LabError that names file and line. */
export function loadLab(folder: string): Lab {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const topology = parseTopology(read('topology.txt'), join(folder, 'topology.txt'));
  const ends = topology.links.flatMap(({ a, b }) => ('node' in b ? [a, b] : [a]));
  const story = parseStory(read('steps.txt'), {
    file: join(folder, 'steps.txt'),
    nodes: topology.nodes,
    interfaces: ends.map((end) => `${end.node}:${end.interfaceName}`),
  });
  for (const { action } of story.steps.flatMap((step) => step.statements))
    if (action.verb === 'match' && !existsSync(join(folder, action.file)))
      throw new LabError(`${folder}: ${action.file} is missing`);
  return { name: basename(folder), folder, topology, story };
}

/** All labs below a folder, by name. */
export const loadLabs = (folder: string): readonly Lab[] =>
  readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'steps.txt')))
    .sort()
    .map((name) => loadLab(join(folder, name)));
