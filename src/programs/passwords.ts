import type { ScryptPool } from '#adapters/scrypt';
import { toUtf8 } from '#base/bytes';
import type { Configuration } from '#config/configuration';
import { clearPasswords, withVerifier } from '#session/config';

/**
 * The configuration with every password that stands in clear replaced by its verifier; `progress` is
 * told after each, since a listing of hundreds of users takes seconds.
 */
export async function hashPasswords(
  configuration: Configuration,
  scrypt: ScryptPool,
  progress: (done: number, all: number) => void = () => {},
): Promise<Configuration> {
  const clear = clearPasswords(configuration);
  let done = 0;
  const hashed = await Promise.all(
    clear.map(async ({ user, password }) => {
      const verifier = await scrypt.hash(toUtf8(password.reveal()));
      done += 1;
      progress(done, clear.length);
      return { user, password, verifier };
    }),
  );
  return hashed.reduce(
    (c, { user, password, verifier }) => withVerifier(c, user, password, verifier),
    configuration,
  );
}
