import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const storageKey = 'headend-theme';
const changed = 'headend-theme-changed';
const system = () => window.matchMedia('(prefers-color-scheme: dark)');

/** The theme that is shown: the chosen one, or the system's. */
function current(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return system().matches ? 'dark' : 'light';
}

function subscribe(listener: () => void): () => void {
  const query = system();
  query.addEventListener('change', listener);
  window.addEventListener(changed, listener);
  return () => {
    query.removeEventListener('change', listener);
    window.removeEventListener(changed, listener);
  };
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, current);

/** Shows the other theme, and remembers the choice where the browser lets us. */
export function toggleTheme(): void {
  const theme: Theme = current() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  window.dispatchEvent(new Event(changed));
}
