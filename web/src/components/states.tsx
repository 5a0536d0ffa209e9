import type { ReactNode } from 'react';

/** A list that has nothing to show, and why. */
export function EmptyState(props: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <strong>{props.title}</strong>
      {props.children}
    </div>
  );
}

/** Rows that are on their way. */
export function LoadingState({ what }: { readonly what: string }) {
  const widths = ['38%', '31%', '35%', '27%'];
  return (
    <div className="state" role="status">
      <span className="visually-hidden">Loading {what}</span>
      {widths.map((width) => (
        <span key={width} className="placeholder-bar" style={{ width }} aria-hidden="true" />
      ))}
    </div>
  );
}
