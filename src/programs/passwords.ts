import type { ScryptPool } from '#adapters/scrypt';
import { toUtf8 } from '#base/bytes';
import type { Secret } from '#base/secret';
import type { Configuration } from '#config/configuration';
import { clearEnablePassword, withEnableVerifier } from '#features/management/config';
import { clearPasswords, withVerifier } from '#session/config';

/** Whether a password stands in clear anywhere in a configuration. */
export const holdsClearPasswords = (configuration: Configuration): boolean =>
  clearPasswords(configuration).length > 0 || clearEnablePassword(configuration) !== undefined;

/**
 * The configuration with every password that stands in clear, of users and of `enable`, replaced by its
 * verifier. Hundreds of users take seconds; `current` is what the configuration has become by then.
 */
export async function hashPasswords(
  configuration: Configuration,
  scrypt: ScryptPool,
  current: () => Configuration = () => configuration,
): Promise<Configuration> {
  const hash = (password: Secret) => scrypt.hash(toUtf8(password.reveal()));
  const enable = clearEnablePassword(configuration);
  const [enableVerifier, ...users] = await Promise.all([
    enable && hash(enable),
    ...clearPasswords(configuration).map(async ({ user, password }) => ({
      user,
      password,
      verifier: await hash(password),
    })),
  ]);
  const sealed = users.reduce(
    (c, { user, password, verifier }) => withVerifier(c, user, password, verifier),
    current(),
  );
  return enable && enableVerifier ? withEnableVerifier(sealed, enable, enableVerifier) : sealed;
}
