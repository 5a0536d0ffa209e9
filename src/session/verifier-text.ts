import { fromHex, toHex } from '#base/bytes';
import type { PasswordVerifier } from './credentials.ts';

// Costs beyond these would let a configuration file occupy the machine for minutes.
const LOG_N_MAX = 20;
const R_MAX = 32;
const P_MAX = 16;

/** `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, salt and hash in hexadecimal: the form in a startup file. */
export const formatVerifier = (v: PasswordVerifier): string =>
  `$scrypt$ln=${v.logN},r=${v.r},p=${v.p}$${toHex(v.salt)}$${toHex(v.hash)}`;

/** Reads that form; undefined when the text is anything else. */
export function parseVerifier(text: string): PasswordVerifier | undefined {
  const found =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([0-9a-f]{16,128})\$([0-9a-f]{32,128})$/.exec(
      text,
    );
  if (!found) return undefined;
  const [logN, r, p] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const [salt, hash] = [fromHex(found[4] as string), fromHex(found[5] as string)];
  if (!salt || !hash || logN < 1 || logN > LOG_N_MAX) return undefined;
  if (r < 1 || r > R_MAX || p < 1 || p > P_MAX) return undefined;
  return { salt, hash, logN, r, p };
}
