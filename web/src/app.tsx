import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Api, type Me } from './api.ts';
import { Notices, useNotices } from './components/notices.tsx';
import { Shell } from './components/shell.tsx';
import { LoadingState } from './components/states.tsx';
import { ConsoleContext } from './console-context.ts';
import { LiveConnection } from './live-connection.ts';
import { BalancingPage } from './pages/balancing-page.tsx';
import { ClusterPage } from './pages/cluster-page.tsx';
import { CommandLinePage } from './pages/command-line-page.tsx';
import { EventLogPage } from './pages/event-log-page.tsx';
import { LoginPage } from './pages/login-page.tsx';
import { NoSuchPage } from './pages/no-such-page.tsx';
import { SessionsPage } from './pages/sessions-page.tsx';
import { usePath } from './router.ts';

function CurrentPage() {
  const path = usePath();
  if (path === '/monitoring/events') return <EventLogPage />;
  if (path === '/monitoring/load-balancing') return <ClusterPage />;
  if (path === '/configuration/load-balancing') return <BalancingPage />;
  if (path === '/administration/command-line') return <CommandLinePage />;
  if (path === '/monitoring/sessions') return <SessionsPage />;
  return <NoSuchPage path={path} />;
}

/** False only when the head-end says that this login is over; silence says nothing. */
async function stillLoggedIn(api: Api): Promise<boolean> {
  try {
    return (await api.me()) !== undefined;
  } catch {
    return true;
  }
}

function Console(props: {
  readonly api: Api;
  readonly me: Me;
  readonly onLoggedOut: (reason: string | undefined) => void;
}) {
  const { api, me, onLoggedOut } = props;
  const { notices, notify } = useNotices();
  const [live, setLive] = useState<LiveConnection>();
  useEffect(() => {
    const connection = new LiveConnection(async () => {
      const loggedIn = await stillLoggedIn(api);
      if (!loggedIn) onLoggedOut('Your login has ended. Log in again to go on.');
      return loggedIn;
    });
    setLive(connection);
    return () => connection.close();
  }, [api, onLoggedOut]);
  const logOut = useCallback(() => {
    const done = () => onLoggedOut(undefined);
    api.logout().then(done, done);
  }, [api, onLoggedOut]);
  const services = useMemo(
    () => live && { api, live, me, notify, logOut },
    [api, live, me, notify, logOut],
  );
  if (!services) return null;
  return (
    <ConsoleContext value={services}>
      <Shell>
        <CurrentPage />
      </Shell>
      <Notices notices={notices} />
    </ConsoleContext>
  );
}

type Stage =
  | { readonly kind: 'asking' }
  | { readonly kind: 'login'; readonly reason: string | undefined }
  | { readonly kind: 'console'; readonly me: Me };

export function App() {
  const api = useRef(new Api()).current;
  const [stage, setStage] = useState<Stage>({ kind: 'asking' });
  const toLogin = useCallback(
    (reason: string | undefined) => setStage({ kind: 'login', reason }),
    [],
  );
  useEffect(() => {
    api.me().then(
      (me) => (me ? setStage({ kind: 'console', me }) : toLogin(undefined)),
      (error: unknown) => toLogin((error as Error).message),
    );
  }, [api, toLogin]);
  if (stage.kind === 'asking') return <LoadingState what="the console" />;
  if (stage.kind === 'console') return <Console api={api} me={stage.me} onLoggedOut={toLogin} />;
  return (
    <LoginPage
      api={api}
      reason={stage.reason}
      onLoggedIn={(me) => setStage({ kind: 'console', me })}
    />
  );
}
