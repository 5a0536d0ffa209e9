import { type IpAddress, parseAddress } from '#base/address';
import { err, ok } from '#base/result';
import type { Token } from '#config/path';
import { incomplete, invalid, oneWord } from '#config/tokens';
import type { AddressesOrName } from './config.ts';

/** A name of DNS: letters, digits and hyphens between dots, the last label not a number; RFC 1123. */
const dnsName =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

export const isDnsName = (text: string): boolean => dnsName.test(text);

/** Reads an address or a name; the kind that it is decides what else may follow. */
function readOne(text: string): IpAddress | { readonly name: string } | undefined {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  return isDnsName(text) ? { name: text.toLowerCase() } : undefined;
}

/** Up to `most` addresses, or one name of DNS. */
export const addressesOrName = <const N extends string>(
  name: N,
  help: string,
  most: number,
): Token<N, AddressesOrName> => ({
  kind: 'token',
  name,
  help,
  placeholder: 'ADDRESS|NAME',
  free: true,
  read(line, from) {
    const words = line.words.slice(from);
    const [first] = words;
    if (!first) return incomplete('an address or a name is missing');
    const read = readOne(first.text);
    if (read === undefined) return invalid(`"${first.text}" is neither an address nor a name`);
    if (typeof read === 'object')
      return ok({ value: { kind: 'name' as const, name: read.name }, words: 1 });
    const addresses = [read];
    for (const { text } of words.slice(1, most)) {
      const more = parseAddress(text);
      if (!more.ok) return invalid(more.error);
      addresses.push(more.value);
    }
    return ok({ value: { kind: 'addresses' as const, addresses }, words: addresses.length });
  },
  write: (value) => (value.kind === 'name' ? value.name : value.addresses.join(' ')),
  sample: (prng) =>
    prng.chance(0.3)
      ? { kind: 'name', name: `vpn${prng.between(1, 99)}.example.com` }
      : { kind: 'addresses', addresses: [`192.0.2.${prng.between(1, 254)}` as IpAddress] },
});

/** The ports of IKE, which a cluster cannot have; G-12. */
const TAKEN_PORTS: ReadonlySet<number> = new Set([500, 4500]);

/** A UDP port for the members of a cluster. */
export const clusterPort = <const N extends string>(name: N, help: string): Token<N, number> =>
  oneWord({
    name,
    help,
    placeholder: '<1-65535>',
    parse(text) {
      const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
      if (port < 1 || port > 65535) return err(`"${text}" is not a port from 1 to 65535`);
      if (TAKEN_PORTS.has(port)) return err(`port ${port} belongs to IKE`);
      return ok(port);
    },
    sample: (prng) => prng.between(5000, 65535),
  });
