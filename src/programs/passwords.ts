import type { ScryptPool } from '#adapters/scrypt';
import { toUtf8 } from '#base/bytes';
import type { Secret } from '#base/secret';
import type { Configuration } from '#config/configuration';
import { clearEnablePassword, withEnableVerifier } from '#features/management/config';
import { clearPasswords, withVerifier } from '#session/config';
import type { PasswordVerifier } from '#session/credentials';

/** Whether a password stands in clear anywhere in a configuration. */
export const holdsClearPasswords = (configuration: Configuration): boolean =>
  clearPasswords(configuration).length > 0 || clearEnablePassword(configuration) !== undefined;

/** Verifiers that were computed for passwords. */
export type Sealing = {
  /** Puts them in the place of the passwords that they belong to, where these still stand. */
  readonly seal: (configuration: Configuration) => Configuration;
  readonly users: readonly {
    readonly user: string;
    readonly password: Secret;
    readonly verifier: PasswordVerifier;
  }[];
  /** How many passwords could not be hashed, and stay as they are. */
  readonly failed: number;
};

/**
 * Computes the verifiers of all passwords that stand in clear in a configuration, of users and of
 * `enable`. Hundreds of users take seconds, in which the configuration may change.
 */
export async function sealingOf(
  configuration: Configuration,
  scrypt: ScryptPool,
): Promise<Sealing> {
  const hash = (password: Secret) => scrypt.hash(toUtf8(password.reveal()));
  const enable = clearEnablePassword(configuration);
  const [enableVerifier, ...found] = await Promise.all([
    enable && hash(enable),
    ...clearPasswords(configuration).map(async ({ user, password }) => {
      const verifier = await hash(password);
      return verifier && { user, password, verifier };
    }),
  ]);
  const users = found.filter((user) => user !== undefined);
  const failed = found.length - users.length + (enable && !enableVerifier ? 1 : 0);
  const seal = (current: Configuration): Configuration => {
    const sealed = users.reduce(
      (c, { user, password, verifier }) => withVerifier(c, user, password, verifier),
      current,
    );
    return enable && enableVerifier ? withEnableVerifier(sealed, enable, enableVerifier) : sealed;
  };
  return { seal, users, failed };
}
