import { toHex, toUtf8 } from '#base/bytes';
import { digest } from '#crypto/hashes';
import type { Dialect } from './dialect.ts';

/**
 * Puts the frame of a dialect's listing around its lines: head, checksum and end as `write terminal`
 * prints them (NAT-21). The checksum is the MD5 of the lines (G-41).
 */
export function frameListing(lines: readonly string[], dialect: Dialect): string {
  const body = lines.map((line) => `${line}\n`).join('');
  if (dialect === 'ios')
    return `Building configuration...\n\nCurrent configuration : ${toUtf8(body).length + 4} bytes\n${body}end\n`;
  return `: Saved\n:\n${body}Cryptochecksum:${checksumOf(body)}\n: end\n`;
}

/** 32 hexadecimal digits that change when the listing does. */
export const checksumOf = (body: string): string => toHex(digest('md5', toUtf8(body)));
