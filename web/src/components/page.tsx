import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { useConsole, useLive } from '../console-context.ts';
import { formatPageTime } from '../format.ts';

/** Says that the figures are old, how old, and when the next try is. */
function LostBanner() {
  const { live } = useConsole();
  const { asOf } = useLive();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((live.retryAt - now) / 1000));
  return (
    <div className="banner banner-danger" role="alert">
      <span>
        <strong>The head-end does not answer.</strong>{' '}
        {asOf > 0 && `What you see is from ${formatPageTime(asOf)}.`}
      </span>
      <span className="muted" aria-hidden="true">
        {live.retryAt > 0 ? `Next try in ${seconds} s` : 'Trying now'}
      </span>
      <button type="button" className="button" onClick={() => live.retryNow()}>
        Try now
      </button>
    </div>
  );
}

/** A page with its place in the tree and the head-end's time, as every page of the concentrator had. */
export function Page(props: {
  readonly path: readonly [section: string, ...titles: string[]];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  const { status, asOf, refused } = useLive();
  const title = props.path.at(-1);
  useEffect(() => {
    document.title = `${title} · headend`;
  }, [title]);
  return (
    <main className="page" id="content" data-status={status}>
      <header className="page-header">
        <h1>
          {props.path.slice(0, -1).map((section) => (
            <Fragment key={section}>
              <span className="muted">{section}</span>
              <span className="page-separator" aria-hidden="true">
                |
              </span>
            </Fragment>
          ))}
          {title}
        </h1>
        {props.actions}
        <time className="page-time muted figures">{asOf > 0 && formatPageTime(asOf)}</time>
      </header>
      {status === 'lost' && <LostBanner />}
      {refused !== undefined && (
        <div className="banner banner-danger" role="alert">
          The head-end refused this view: {refused}.
        </div>
      )}
      {props.children}
    </main>
  );
}
