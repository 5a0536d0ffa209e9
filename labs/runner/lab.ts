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

/** Reads one topology; throws a LabError that names file and line. */
export const loadTopology = (file: string): Topology =>
  parseTopology(readFileSync(file, 'utf8'), file);

/** Reads one lab; throws a LabError that names file and line. */
export function loadLab(folder: string): Lab {
  const topology = loadTopology(join(folder, 'topology.txt'));
  const ends = topology.links.flatMap(({ a, b }) => ('node' in b ? [a, b] : [a]));
  const file = join(folder, 'steps.txt');
  const story = parseStory(readFileSync(file, 'utf8'), {
    file,
    nodes: [...topology.nodes, ...topology.switches],
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
