import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { useConsole, useLive } from '../console-context.ts';
import { formatDuration, formatMemory } from '../format.ts';
import { navigate, usePath } from '../router.ts';
import { toggleTheme, useTheme } from '../theme.ts';
import { Icon } from './icon.tsx';
import { FenceMark } from './marks.tsx';

const sections = [
  {
    title: 'Monitoring',
    pages: [
      { path: '/monitoring/sessions', title: 'Sessions', icon: 'sessions' },
      { path: '/monitoring/load-balancing', title: 'Load Balancing', icon: 'cluster' },
      { path: '/monitoring/events', title: 'Event log', icon: 'events' },
    ],
  },
  {
    title: 'Configuration',
    pages: [{ path: '/configuration/load-balancing', title: 'Cluster settings', icon: 'settings' }],
  },
  {
    title: 'Administration',
    pages: [{ path: '/administration/command-line', title: 'Command line', icon: 'command' }],
  },
] as const;

function follow(event: MouseEvent<HTMLAnchorElement>, path: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  navigate(path);
}

function Navigation() {
  const path = usePath();
  const nav = useRef<HTMLElement>(null);
  // On a phone the pages are in one row, which may be longer than the screen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path says which link is the current one
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current]');
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <nav ref={nav} className="rail-nav scrolls-sideways" aria-label="Pages">
      {sections.map((section) => (
        <section key={section.title}>
          <h2>{section.title}</h2>
          <ul>
            {section.pages.map((page) => (
              <li key={page.path}>
                <a
                  href={page.path}
                  aria-current={path === page.path ? 'page' : undefined}
                  onClick={(event) => follow(event, page.path)}
                >
                  <Icon name={page.icon} />
                  {page.title}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

export function ThemeButton() {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="button button-icon"
      onClick={toggleTheme}
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}

const connectionWords = { connecting: 'Connecting', live: 'Live', lost: 'Disconnected' } as const;

function Rail() {
  const { me, logOut } = useConsole();
  const { system } = useLive();
  return (
    <div className="rail">
      <div className="rail-head">
        <img src="/favicon.svg" alt="" width="24" height="24" />
        <div>
          <strong>{system?.hostname ?? 'headend'}</strong>
          <span>headend {system?.version ?? ''}</span>
        </div>
      </div>
      <Navigation />
      <div className="rail-foot">
        <span className="rail-user" title={me.mayChange ? undefined : 'This account may only look'}>
          {me.name}
          {!me.mayChange && <span className="rail-note"> read only</span>}
        </span>
        <ThemeButton />
        <button
          type="button"
          className="button button-icon"
          onClick={logOut}
          aria-label="Log out of the console"
          title="Log out of the console"
        >
          <Icon name="leave" />
        </button>
      </div>
    </div>
  );
}

function StatusBar() {
  const { status, system, asOf, startedAt } = useLive();
  return (
    <footer className="status-bar">
      <span className={`connection connection-${status}`} role="status">
        {connectionWords[status]}
      </span>
      {system && (
        <>
          <FenceMark permitted={system.legacyPermitted} />
          <span className="status-item">
            <span className="muted">Up</span>{' '}
            <span className="figures">{formatDuration(asOf - startedAt)}</span>
          </span>
          <span className="status-item">
            <span className="muted">Load</span>{' '}
            <span className="figures">{Math.round(system.loadPercent)} %</span>
          </span>
          <span className="status-item">
            <span className="muted">CPU</span>{' '}
            <span className="figures">{Math.round(system.cpuPercent)} %</span>
          </span>
          <span className="status-item">
            <span className="muted">Memory</span>{' '}
            <span className="figures">{formatMemory(system.memoryBytes)}</span>
          </span>
          <span className="status-item">
            <span className="muted">Packet path</span> {system.dataPlane}
          </span>
        </>
      )}
    </footer>
  );
}

/** The frame around every page: the tree at the left, the state of the head-end below. */
export function Shell({ children }: { readonly children: ReactNode }) {
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to the page
      </a>
      <Rail />
      {children}
      <StatusBar />
    </div>
  );
}
