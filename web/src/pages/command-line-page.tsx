import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Page } from '../components/page.tsx';
import { useConsole } from '../console-context.ts';

type Entry = {
  readonly id: number;
  readonly text: string;
  readonly kind: 'typed' | 'said' | 'failed';
};

const entriesMax = 200;

/** The screen of the terminal and the lines that were typed; what is typed ahead waits its turn. */
function useTerminal() {
  const { api, me } = useConsole();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [typed, setTyped] = useState<readonly string[]>([]);
  const [prompt, setPrompt] = useState(me.prompt);
  const promptNow = useRef(me.prompt);
  const nextId = useRef(0);
  const queue = useRef(Promise.resolve());
  const running = useRef<AbortController>(undefined);
  const print = (text: string, kind: Entry['kind']) => {
    if (text === '') return;
    nextId.current += 1;
    const entry = { id: nextId.current, text, kind };
    setEntries((before) => [...before, entry].slice(-entriesMax));
  };
  const inTurn = (act: () => Promise<void>) => {
    queue.current = queue.current
      .then(act)
      .catch((error: unknown) => print(`% ${(error as Error).message}`, 'failed'));
  };
  const run = (line: string) => {
    if (line.trim() !== '')
      setTyped((before) => [...before.filter((other) => other !== line), line].slice(-entriesMax));
    inTurn(async () => {
      print(`${promptNow.current}${line}`, 'typed');
      if (line.trim() === '') return;
      running.current = new AbortController();
      const reply = await api.execute(line, running.current.signal);
      print(reply.text, reply.failed ? 'failed' : 'said');
      promptNow.current = reply.prompt;
      setPrompt(reply.prompt);
    });
  };
  const help = (line: string) =>
    inTurn(async () => {
      print(`${promptNow.current}${line}?`, 'typed');
      print((await api.help(line)).text, 'said');
    });
  const complete = (line: string, use: (line: string) => void) =>
    inTurn(async () => {
      const { text, candidates } = await api.complete(line);
      if (candidates.length > 0) {
        print(`${promptNow.current}${line}`, 'typed');
        print(candidates.join('  '), 'said');
      }
      use(text);
    });
  const abort = () => running.current?.abort();
  return { entries, typed, prompt, run, help, complete, abort, clear: () => setEntries([]) };
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
    else if (event.key === 'c' && event.ctrlKey && getSelection()?.isCollapsed) terminal.abort();
    // An empty line leaves the Tab key to the browser: nobody is caught in this field.
    else if (event.key === 'Tab' && !event.shiftKey && line !== '')
      terminal.complete(line, setLine);
    else return;
    event.preventDefault();
  };
  return (
    <Page path={['Administration', 'Command line']}>
      <div className="terminal">
        <div
          className="terminal-screen scrolls-sideways"
          role="log"
          aria-label="Output"
          ref={screen}
        >
          {entries.length === 0 && (
            <p className="muted">
              Type a command, such as <kbd>show version</kbd>. <kbd>?</kbd> lists what may come
              next, <kbd>Tab</kbd> completes a word, <kbd>↑</kbd> brings earlier lines back,{' '}
              <kbd>Ctrl C</kbd> aborts.
            </p>
          )}
          {entries.map((entry) => (
            <pre key={entry.id} data-kind={entry.kind}>
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
          <label htmlFor="command">{prompt.trimEnd()}</label>
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
