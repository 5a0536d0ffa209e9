import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Api, ApiError, type Me } from '../api.ts';
import { ThemeButton } from '../components/shell.tsx';

/** Seconds that count down to 0 from the moment they are set. */
function useCountdown(): [number, (seconds: number) => void] {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (seconds <= 0) return;
    const timer = setTimeout(() => setSeconds(seconds - 1), 1000);
    return () => clearTimeout(timer);
  }, [seconds]);
  return [seconds, setSeconds];
}

export function LoginPage(props: {
  readonly api: Api;
  /** Why one is here again. */
  readonly reason: string | undefined;
  readonly onLoggedIn: (me: Me) => void;
}) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [wait, setWait] = useCountdown();
  const passwordField = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Log in · headend';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    props.api.login(user, password).then(props.onLoggedIn, (error: unknown) => {
      setBusy(false);
      setPassword('');
      if (error instanceof ApiError) setWait(error.retryAfterSeconds);
      setProblem((error as Error).message);
      passwordField.current?.focus();
    });
  };

  return (
    <main className="login">
      <form className="login-form" onSubmit={submit} aria-labelledby="login-title">
        <header>
          <img src="/favicon.svg" alt="" width="32" height="32" />
          <h1 id="login-title">
            headend <span className="muted">console</span>
          </h1>
          <ThemeButton />
        </header>
        {props.reason !== undefined && problem === undefined && (
          <p className="banner banner-info" role="status">
            {props.reason}
          </p>
        )}
        {problem !== undefined && (
          <p className="banner banner-danger" role="alert" id="login-problem">
            {problem}
          </p>
        )}
        <label>
          User
          <input
            className="input"
            name="user"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={128}
            required
            // biome-ignore lint/a11y/noAutofocus: it is the only thing to do on this page
            autoFocus
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
        </label>
        <label>
          Password
          <input
            ref={passwordField}
            className="input"
            name="password"
            type="password"
            autoComplete="current-password"
            maxLength={256}
            aria-describedby={problem === undefined ? undefined : 'login-problem'}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        <button type="submit" className="button button-main" disabled={busy || wait > 0}>
          {wait > 0 ? `Wait ${wait} s` : busy ? 'Logging in…' : 'Log in'}
        </button>
      </form>
    </main>
  );
}
