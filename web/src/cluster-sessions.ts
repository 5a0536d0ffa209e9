import { useEffect, useState } from 'react';
import type { ClusterSessionPage, ClusterSessionView } from '#views/cluster-views';
import type { SessionQuery } from '#views/views';
import type { Api } from './api.ts';
import { sampledTraffic, type TrafficSample } from './live-state.ts';

/** Members are asked while somebody looks, and no more often than this. */
const askAgainMs = 2000;
/** Whether this device takes part in a cluster changes seldom. */
const lookAgainMs = 15_000;

/** What tells a session from those of all members. */
export const keyOfSession = ({ member, index }: ClusterSessionView): string => `${member}/${index}`;

/** The sessions of the whole cluster as they were told last. */
export type ClusterSessions = {
  readonly page: ClusterSessionPage | undefined;
  readonly traffic: ReadonlyMap<string, readonly TrafficSample[]>;
  /** The page answers an older question. */
  readonly stale: boolean;
  /** Why there is no newer page. */
  readonly problem: string | undefined;
};

type Told = Omit<ClusterSessions, 'stale'> & { readonly query: string };

const nothing: Told = { page: undefined, traffic: new Map(), problem: undefined, query: '' };

/** Asks again and again for a page of the sessions of all members, while the page can be seen. */
export function useClusterSessions(api: Api, query: SessionQuery): ClusterSessions {
  const [told, setTold] = useState(nothing);
  const wanted = JSON.stringify(query);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (page: ClusterSessionPage) =>
      setTold(({ traffic }) => ({
        page,
        traffic: sampledTraffic(traffic, page.items, keyOfSession, page.asOf),
        problem: undefined,
        query: wanted,
      }));
    const ask = async () => {
      try {
        if (!document.hidden) tell(await api.clusterSessions(JSON.parse(wanted), abort.signal));
      } catch (error) {
        if (abort.signal.aborted) return;
        setTold((before) => ({ ...before, problem: (error as Error).message }));
      }
      if (!abort.signal.aborted) timer = setTimeout(ask, askAgainMs);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [api, wanted]);
  // Rows of another table would be a lie; others stay until the answer comes.
  const before = told.query === '' ? undefined : (JSON.parse(told.query) as SessionQuery);
  const page = before?.kind === query.kind ? told.page : undefined;
  return { ...told, page, stale: told.query !== wanted };
}

/** Whether this device takes part in a cluster; undefined until that is known. */
export function useTakesPart(api: Api): boolean | undefined {
  const [takesPart, setTakesPart] = useState<boolean>();
  useEffect(() => {
    let isGone = false;
    const look = () =>
      api.cluster().then(
        ({ participates }) => {
          if (!isGone) setTakesPart(participates);
        },
        () => {
          if (!isGone) setTakesPart((before) => before ?? false);
        },
      );
    void look();
    const timer = setInterval(look, lookAgainMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [api]);
  return takesPart;
}
