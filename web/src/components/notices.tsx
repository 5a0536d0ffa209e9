import { useCallback, useState } from 'react';

export type Notice = {
  readonly id: number;
  readonly text: string;
  readonly tone: 'info' | 'danger';
};

const shownMs = 6000;
const noticesMax = 4;

/** Short messages about what was done; the oldest leave first. */
export function useNotices() {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const notify = useCallback((text: string, tone: Notice['tone'] = 'info') => {
    const id = performance.now();
    setNotices((before) => [...before, { id, text, tone }].slice(-noticesMax));
    setTimeout(() => setNotices((before) => before.filter((notice) => notice.id !== id)), shownMs);
  }, []);
  return { notices, notify };
}

/** The place of notices; a screen reader reads what appears in it. */
export function Notices({ notices }: { readonly notices: readonly Notice[] }) {
  return (
    <div className="notices" role="status">
      {notices.map(({ id, text, tone }) => (
        <div key={id} className={`banner banner-${tone}`}>
          {text}
        </div>
      ))}
    </div>
  );
}
