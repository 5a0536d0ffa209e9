/**
 * Finds the IKEv1 keys that vpnc prints at debug level 99, so that tshark can open what the
 * head-end sealed and judge those payloads too.
 */

/** The initiator's cookie and the cipher key, both in hex. */
export type IkeKey = { readonly initiatorCookie: string; readonly cipherKey: string };

const words = '((?:\\s*[0-9a-f]{8}\\b)+)';
const cookieOrKey = new RegExp(`i_cookie:${words}|enc-key:${words}`, 'g');

/** The keys in one client's output: each belongs to the cookie that was printed last before it. */
export function ikeKeysOf(output: string): readonly IkeKey[] {
  const keys: IkeKey[] = [];
  let initiatorCookie: string | undefined;
  for (const [, cookie, key] of output.matchAll(cookieOrKey)) {
    if (cookie !== undefined) initiatorCookie = cookie.replaceAll(/\s/g, '');
    else if (key !== undefined && initiatorCookie !== undefined)
      keys.push({ initiatorCookie, cipherKey: key.replaceAll(/\s/g, '') });
  }
  return keys;
}
