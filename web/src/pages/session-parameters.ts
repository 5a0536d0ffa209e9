import { useEffect, useState } from 'react';
import type { SessionKind, SessionSortKey } from '#views/views';
import { setParameters, useParameters } from '../router.ts';
import type { Order } from './session-table.tsx';

const filterDelayMs = 200;

export const kindNames: Readonly<Record<SessionKind, string>> = {
  remoteAccess: 'Remote Access',
  lanToLan: 'LAN-to-LAN',
  management: 'Management',
};

/** What the address bar says about the page of sessions. */
export function useSessionParameters() {
  const parameters = useParameters();
  const kind = parameters.get('kind');
  const session = Number(parameters.get('session') ?? Number.NaN);
  const order: Order = {
    sort: (parameters.get('sort') ?? 'index') as SessionSortKey,
    descending: parameters.get('order') === 'down',
  };
  return {
    kind: kind === 'lanToLan' || kind === 'management' ? kind : 'remoteAccess',
    group: parameters.get('group') ?? undefined,
    text: parameters.get('text') ?? '',
    order,
    chosen: Number.isInteger(session) ? session : undefined,
    /** The member that the chosen session is on, when it is another one. */
    on: parameters.get('on') ?? undefined,
    /** Of a cluster, the sessions of all members unless one is asked for this one. */
    isOfMember: parameters.get('scope') === 'member',
  } as const;
}

/** A text once its writer has paused. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), filterDelayMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** Orders the table by `key`, and the other way round when it is already. */
export function sortBy(order: Order, key: SessionSortKey, usual: SessionSortKey): void {
  const down = order.sort === key && !order.descending;
  setParameters({ sort: key === usual ? undefined : key, order: down ? 'down' : undefined });
}
