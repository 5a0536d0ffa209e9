/**
 * Reads `topology.txt`: a drawing for people (lines that start with `|`) and the statements that
 * the runner builds, which must agree with it. The language is described in labs/README.md.
 */
import { badLine, LabError } from './lab-error.ts';

/** One end of a link: an interface of a node with its addresses, as `10.10.10.2/24`. */
export type LinkEnd = {
  readonly node: string;
  readonly interfaceName: string;
  readonly addresses: readonly string[];
};

/** A cable between two interfaces, or between an interface and a switch. */
export type Link = { readonly a: LinkEnd; readonly b: LinkEnd | { readonly switchName: string } };

export type Route = {
  readonly node: string;
  readonly destination: string;
  readonly gateway: string;
};

export type Topology = {
  readonly nodes: readonly string[];
  readonly switches: readonly string[];
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
  /** Nodes whose kernel passes packets from one interface to another. */
  readonly forwarding: readonly string[];
};

/** Linux allows 15 octets in an interface name; a node's name is part of its switch port's name. */
const interfaceNameLengthMax = 15;
const namePattern = /^[a-z][a-z0-9-]{0,11}$/;
const addressPattern = /^[0-9a-f.:]+\/\d{1,3}$/;

class TopologyReader {
  readonly nodes: string[] = [];
  readonly switches: string[] = [];
  readonly links: Link[] = [];
  readonly routes: Route[] = [];
  readonly forwarding: string[] = [];
  readonly #file: string;
  #lineNumber = 0;

  constructor(file: string) {
    this.#file = file;
  }

  statement(words: readonly string[], lineNumber: number): void {
    this.#lineNumber = lineNumber;
    const [verb, ...rest] = words;
    switch (verb) {
      case 'node':
        for (const name of rest) this.nodes.push(this.#newName(name));
        return;
      case 'switch':
        for (const name of rest) this.switches.push(this.#newName(name));
        return;
      case 'link':
        this.links.push(this.#link(rest));
        return;
      case 'route':
        this.routes.push(this.#route(rest));
        return;
      case 'forward':
        for (const name of rest) this.forwarding.push(this.#knownNode(name));
        return;
      default:
        throw this.#bad(`"${verb}" is not one of node, switch, link, route, forward`);
    }
  }

  #bad(reason: string): LabError {
    return badLine(this.#file, this.#lineNumber, reason);
  }

  #newName(name: string): string {
    if (!namePattern.test(name)) throw this.#bad(`"${name}" is not a name such as c1`);
    if (this.nodes.includes(name) || this.switches.includes(name))
      throw this.#bad(`"${name}" is already there`);
    return name;
  }

  #knownNode(name: string | undefined): string {
    if (name === undefined || !this.nodes.includes(name))
      throw this.#bad(`no node is called "${name ?? ''}"`);
    return name;
  }

  #link(words: readonly string[]): Link {
    const middle = words.indexOf('--');
    if (middle < 0)
      throw this.#bad('a link is: NODE:INTERFACE ADDRESS... -- NODE:INTERFACE ADDRESS...');
    const far = words.slice(middle + 1);
    const a = this.#linkEnd(words.slice(0, middle));
    const switchName = far[0] ?? '';
    if (far.length === 1 && this.switches.includes(switchName)) return { a, b: { switchName } };
    return { a, b: this.#linkEnd(far) };
  }

  #linkEnd(words: readonly string[]): LinkEnd {
    const [place = '', ...addresses] = words;
    const [node, interfaceName = ''] = place.split(':');
    if (interfaceName === '' || interfaceName.length > interfaceNameLengthMax)
      throw this.#bad(`"${place}" is not NODE:INTERFACE`);
    const taken = this.links.flatMap(({ a, b }) => ('node' in b ? [a, b] : [a]));
    if (taken.some((end) => end.node === node && end.interfaceName === interfaceName))
      throw this.#bad(`"${place}" already has a link`);
    for (const address of addresses)
      if (!addressPattern.test(address))
        throw this.#bad(`"${address}" is not an address with a prefix length`);
    return { node: this.#knownNode(node), interfaceName, addresses };
  }

  #route(words: readonly string[]): Route {
    const [node, destination, via, gateway] = words;
    if (destination === undefined || via !== 'via' || gateway === undefined || words.length !== 4)
      throw this.#bad('a route is: NODE DESTINATION via GATEWAY');
    return { node: this.#knownNode(node), destination, gateway };
  }
}

/** Every node, switch and address must stand in the drawing, so that the drawing stays true. */
function checkDrawing(file: string, drawing: string, reader: TopologyReader): void {
  if (drawing === '') return;
  const drawn = new Set(drawing.split(/[^A-Za-z0-9.:-]+/));
  const ends = reader.links.flatMap(({ a, b }) => ('node' in b ? [a, b] : [a]));
  const addresses = ends.flatMap((end) => end.addresses.map((a) => a.slice(0, a.indexOf('/'))));
  for (const word of [...reader.nodes, ...reader.switches, ...addresses])
    if (!drawn.has(word)) throw new LabError(`${file}: the drawing does not show ${word}`);
}

/** Parses a topology; throws a LabError that names file and line. */
export function parseTopology(text: string, file = 'topology.txt'): Topology {
  const reader = new TopologyReader(file);
  const drawing: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line.startsWith('|')) drawing.push(line.slice(1));
    else if (line !== '' && !line.startsWith('#')) reader.statement(line.split(/\s+/), index + 1);
  }
  checkDrawing(file, drawing.join('\n'), reader);
  const { nodes, switches, links, routes, forwarding } = reader;
  return { nodes, switches, links, routes, forwarding };
}
