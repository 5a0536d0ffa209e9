import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import type { Api, Me } from './api.ts';
import type { LiveConnection } from './live-connection.ts';
import type { LiveState } from './live-state.ts';

/** What every page of the console can reach. */
export type ConsoleServices = {
  readonly api: Api;
  readonly live: LiveConnection;
  readonly me: Me;
  /** Says something once, on the screen and to a screen reader. */
  readonly notify: (text: string, tone?: 'info' | 'danger') => void;
  readonly logOut: () => void;
};

export const ConsoleContext = createContext<ConsoleServices | undefined>(undefined);

export function useConsole(): ConsoleServices {
  const services = useContext(ConsoleContext);
  if (!services) throw new Error('this component belongs inside the console');
  return services;
}

/** What the head-end told last; the component is drawn anew with every update. */
export function useLive(): LiveState {
  const { live } = useConsole();
  return useSyncExternalStore(live.subscribe, live.state);
}

/** Does `act` when another device answers than before, as in a demo whose member was taken away. */
export function useOtherDevice(act: () => void): void {
  const hostname = useLive().system?.hostname;
  const known = useRef(hostname);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another device is a reason
  useEffect(() => {
    const before = known.current;
    known.current = hostname ?? before;
    if (before !== undefined && hostname !== undefined && hostname !== before) act();
  }, [hostname]);
}
