import { useSyncExternalStore } from 'react';

/** The address bar is the state of the page: what can be seen can be kept as a bookmark. */
function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  return () => window.removeEventListener('popstate', listener);
}

const announce = () => window.dispatchEvent(new PopStateEvent('popstate'));

/** Goes to another page. */
export function navigate(url: string): void {
  history.pushState(null, '', url);
  announce();
}

/** Changes parameters of the page in place; undefined and the empty string take one away. */
export function setParameters(changes: Readonly<Record<string, string | undefined>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  history.replaceState(null, '', url);
  announce();
}

export const firstPage = '/monitoring/sessions';

export function usePath(): string {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return path === '/' ? firstPage : path;
}

export function useParameters(): URLSearchParams {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => location.search));
}
