import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { HelpItem } from '../api.ts';
import { Page } from '../components/page.tsx';
import { useConsole } from '../console-context.ts';

type Entry = { readonly id: number; readonly text: string; readonly typed: boolean };

const entriesMax = 200;

/** What all words begin with. */
function commonStart(words: readonly string[]): string {
  let [start = ''] = words;
  for (const word of words) while (!word.startsWith(start)) start = start.slice(0, -1);
  return start;
}

/** The line with its last word completed as far as the help leaves no choice. */
function completed(line: string, items: readonly HelpItem[]): string {
  const words = items.map(({ word }) => word).filter((word) => /^[\w-]/.test(word));
  const typed = /\S*$/.exec(line)?.[0] ?? '';
  const start = commonStart(words);
  if (!start.startsWith(typed)) return line;
  return `${line.slice(0, line.length - typed.length)}${start}${words.length === 1 ? ' ' : ''}`;
}

function helpText(items: readonly HelpItem[]): string {
  if (items.length === 0) return '% Nothing can follow here.';
  const width = Math.max(...items.map(({ word }) => word.length));
  return items.map(({ word, help }) => `  ${word.padEnd(width)}  ${help}`).join('\n');
}

/** The screen of the terminal and the lines that were typed; what is typed ahead waits its turn. */
function useTerminal() {
  const { api, me } = useConsole();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [typed, setTyped] = useState<readonly string[]>([]);
  const [prompt, setPrompt] = useState(me.prompt);
  const promptNow = useRef(me.prompt);
  const next = useRef(0);
  const queue = useRef(Promise.resolve());
  const print = (text: string, isTyped = false) => {
    next.current += 1;
    const entry = { id: next.current, text, typed: isTyped };
    setEntries((before) => [...before, entry].slice(-entriesMax));
  };
  const failed = (error: unknown) => print(`% ${(error as Error).message}`);
  const inTurn = (act: () => Promise<void>) => {
    queue.current = queue.current.then(act).catch(failed);
  };
  const run = (line: string) => {
    if (line.trim() !== '')
      setTyped((before) => [...before.filter((other) => other !== line), line].slice(-entriesMax));
    inTurn(async () => {
      print(`${promptNow.current} ${line}`, true);
      if (line.trim() === '') return;
      const answer = await api.execute(line);
      if (answer.output !== '') print(answer.output);
      promptNow.current = answer.prompt;
      setPrompt(answer.prompt);
    });
  };
  const help = (line: string) =>
    inTurn(async () => {
      print(`${promptNow.current} ${line}?`, true);
      print(helpText(await api.help(line)));
    });
  const complete = (line: string) =>
    api.help(line).then(
      (items) => completed(line, items),
      () => line,
    );
  return { entries, typed, prompt, run, help, complete, clear: () => setEntries([]) };
}

/** The command line of the head-end, with history, Tab and `?` as on a terminal. */
export function CommandLinePage() {
  const terminal = useTerminal();
  const { entries, typed, prompt } = terminal;
  const [line, setLine] = useState('');
  const [back, setBack] = useState(0);
  const screen = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what makes it scroll
  useEffect(() => {
    screen.current?.scrollTo({ top: screen.current.scrollHeight });
  }, [entries]);
  useEffect(() => input.current?.focus(), []);

  const recall = (steps: number) => {
    const position = Math.max(0, Math.min(typed.length, back + steps));
    setBack(position);
    setLine(position === 0 ? '' : (typed.at(-position) ?? ''));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowUp') recall(1);
    else if (event.key === 'ArrowDown') recall(-1);
    else if (event.key === '?') terminal.help(line);
    else if (event.key === 'l' && event.ctrlKey) terminal.clear();
    // An empty line leaves the Tab key to the browser: nobody is caught in this field.
    else if (event.key === 'Tab' && !event.shiftKey && line !== '')
      void terminal.complete(line).then(setLine);
    else return;
    event.preventDefault();
  };
  return (
    <Page path={['Administration', 'Command line']}>
      <div className="terminal">
        <div className="terminal-screen" role="log" aria-label="Output" ref={screen}>
          {entries.length === 0 && (
            <p className="muted">
              Type a command, such as <kbd>show version</kbd>. <kbd>?</kbd> lists what may come
              next, <kbd>Tab</kbd> completes a word, <kbd>↑</kbd> brings earlier lines back.
            </p>
          )}
          {entries.map((entry) => (
            <pre key={entry.id} data-typed={entry.typed || undefined}>
              {entry.text}
            </pre>
          ))}
        </div>
        <form
          className="terminal-line"
          onSubmit={(event) => {
            event.preventDefault();
            setLine('');
            setBack(0);
            terminal.run(line);
          }}
        >
          <label htmlFor="command">{prompt}</label>
          <input
            ref={input}
            id="command"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={1024}
            value={line}
            onChange={(event) => setLine(event.target.value)}
            onKeyDown={onKeyDown}
          />
        </form>
      </div>
    </Page>
  );
}
