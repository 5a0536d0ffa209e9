import type { Administrator } from '#adapters/http/management-port';
import type { ScryptPool } from '#adapters/scrypt';
import { toUtf8 } from '#base/bytes';
import type { HeadEnd } from '#engine/head-end';
import { deviceAccess, knownPassword, sessionSlice, type User } from '#session/config';
import type { CredentialCheck } from '#session/credential-cache';
import type { KnownPassword } from '#session/credentials';

/** What a user may do and by which password; undefined for whoever may not log in to the web console. */
type Account = { readonly mayChange: boolean; readonly password: KnownPassword };

function accountOf(user: User | undefined): Account | undefined {
  const access = user && deviceAccess(user);
  const password = knownPassword(user);
  return access && password && { mayChange: access === 'change', password };
}

/** Who may log in to the web console of a device, by the configuration in force. */
export class Administrators {
  readonly #device: HeadEnd;
  readonly #scrypt: ScryptPool;

  constructor(device: HeadEnd, scrypt: ScryptPool) {
    this.#device = device;
    this.#scrypt = scrypt;
  }

  /** Takes as long for an unknown user as for a wrong password; undefined for both. */
  async login(name: string, password: string): Promise<Administrator | undefined> {
    const account = this.#account(name);
    const { credentials } = this.#device;
    const check = credentials.check(name, toUtf8(password), account?.password);
    const accepted = check.kind === 'verified' || (await this.#asked(check));
    // The account may have changed while scrypt was at work.
    if (!accepted || !account || !this.#follow(name, account)) return undefined;
    return { name, mayChange: account.mayChange };
  }

  /**
   * Whether a login of now is still as good whenever that is asked: the account is there, with the same
   * rights and the same password.
   */
  standing({ name, mayChange }: Administrator): () => boolean {
    let account = this.#account(name);
    if (account?.mayChange !== mayChange) account = undefined;
    return () => {
      account &&= this.#follow(name, account);
      return account !== undefined;
    };
  }

  #account(name: string): Account | undefined {
    return accountOf(sessionSlice.of(this.#device.configuration).users.get(name));
  }

  /** The account as it is now, when that has the rights and the password that it had. */
  #follow(name: string, before: Account): Account | undefined {
    const now = this.#account(name);
    if (now?.mayChange !== before.mayChange) return undefined;
    const isSame = this.#device.credentials.samePassword(name, before.password, now.password);
    return isSame ? now : undefined;
  }

  #asked({ question, pending }: Extract<CredentialCheck, { kind: 'ask' }>): Promise<boolean> {
    const { credentials } = this.#device;
    return new Promise((resolve) =>
      this.#scrypt.ask(question, (answer) => resolve(credentials.settle(pending, answer))),
    );
  }
}
