/** Drawings of 16 by 16 units; they repeat what a word beside them says, so they are hidden from readers. */
const drawings = {
  sessions: 'M2 4h5l4 4M2 12h5l4-4M2 8h9M14 8h-3',
  cluster: 'M5.5 2h5v3h-5zM1.5 11h4v3h-4zM10.5 11h4v3h-4zM8 5v3M3.5 11V8h9v3',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  events: 'M2.5 3.5h11M2.5 6.5h11M2.5 9.5h7M2.5 12.5h4',
  command: 'M2.5 3.5l4 4.5-4 4.5M8 12.5h5.5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  next: 'M6 3l5 5-5 5',
  previous: 'M10 3L5 8l5 5',
  sun: 'M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 1013 9.5z',
  leave: 'M6 2.5H3v11h3M7 8h6.5M10.5 5l3 3-3 3',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l7 5-7 5z',
  shield: 'M8 1.5l5 2v4c0 3.2-2 5.6-5 7-3-1.4-5-3.8-5-7v-4z',
} as const;

export function Icon({ name }: { readonly name: keyof typeof drawings }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={drawings[name]} />
    </svg>
  );
}
