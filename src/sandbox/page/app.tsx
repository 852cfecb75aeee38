/** The page: who acts, where they are, and everything that follows from it. State comes from the server; the page keeps only where it looks. */
import { render } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { fetchState, listen, type Outcome, perform } from './connection.ts';
import { Conversation, Home } from './conversation.tsx';
import { Modal } from './modal.tsx';
import { longTime } from './time.ts';
import { Tools } from './tools.tsx';
import { HOME, type PageState } from './types.ts';

type Look = { as: string; place: string };

const START: Look = { as: 'U0OLIVIA', place: 'C0CHECKOUT' };

/** Who acts and where stands in the address, so that a link and a reload show the same. */
const lookOf = (hash: string): Look => {
  const asked = new URLSearchParams(hash.slice(1));
  return { as: asked.get('as') ?? START.as, place: asked.get('place') ?? START.place };
};

const Sidebar = ({ state, look, go }: { state: PageState; look: Look; go: (look: Look) => void }) => (
  <nav class="sidebar" aria-label="Workspace">
    <p class="workspace">
      <span aria-hidden="true">◆</span> {state.workspace}
    </p>
    <label class="act-as">
      Act as
      <select value={state.me.id} onChange={(event) => go({ as: event.currentTarget.value, place: look.place })}>
        {state.people.map(({ id, name, about }) => (
          <option key={id} value={id}>
            {name} ({about})
          </option>
        ))}
      </select>
      <small>
        {state.people.find(({ id }) => id === state.me.id)?.about}. For {state.me.name} it is{' '}
        {longTime(state.now, state.me.tz)} ({state.me.tz}).
      </small>
    </label>
    <ul>
      <li>
        <button
          type="button"
          aria-current={state.place === HOME ? 'page' : undefined}
          onClick={() => go({ ...look, place: HOME })}
        >
          ⌂ Home
        </button>
      </li>
      {state.conversations.map(({ id, name, kind, unread, counted }) => (
        <li key={id}>
          <button
            type="button"
            class={unread ? 'unread' : ''}
            aria-current={state.place === id ? 'page' : undefined}
            onClick={() => go({ ...look, place: id })}
          >
            <span>
              {kind === 'im' ? '◆ ' : '# '}
              {name}
            </span>
            {counted > 0 ? (
              <span class="badge">
                {counted}
                <span class="hidden"> unread</span>
              </span>
            ) : (
              unread && <span class="hidden"> unread</span>
            )}
          </button>
        </li>
      ))}
    </ul>
    {state.shortcuts.map(({ name, id }) => (
      <Shortcut key={id} name={name} onPress={() => void perform({ act: 'shortcut', as: state.me.id, id })} />
    ))}
  </nav>
);

const Shortcut = ({ name, onPress }: { name: string; onPress: () => void }) => (
  <button type="button" class="shortcut" onClick={onPress}>
    ⚡ {name}
  </button>
);

const App = () => {
  const [look, setLook] = useState<Look>(lookOf(location.hash));
  const [state, setState] = useState<PageState | null>(null);
  const [thread, setThread] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [there, setThere] = useState(true);
  const asked = useRef(0);
  const now = useRef(look);
  now.current = look;

  const load = useCallback(async (): Promise<void> => {
    asked.current += 1;
    const turn = asked.current;
    const next = await fetchState(now.current.as, now.current.place).catch(() => null);
    // An answer that a later question has overtaken is old.
    if (turn === asked.current && next !== null) setState(next);
  }, []);
  useEffect(() => listen(() => void load(), setThere), [load]);
  useEffect(() => {
    void load();
    if (look.place === HOME) void perform({ act: 'open home', as: look.as });
  }, [look.as, look.place, load]);
  useEffect(() => {
    const moved = (): void => setLook(lookOf(location.hash));
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, []);

  const act = async (wanted: Record<string, unknown>): Promise<Outcome> => {
    const outcome = await perform(wanted);
    setProblem(outcome.problem ?? null);
    await load();
    return outcome;
  };
  const go = (next: Look): void => {
    // A direct message is one's own: whoever else acts goes to theirs.
    // Whoever just became somebody else may press what was drawn for the one before.
    const own = next.place.startsWith('D') ? `D${next.as.slice(1)}` : next.place;
    setThread(null);
    setProblem(null);
    const wanted = { as: next.as, place: own };
    // The address moves with the click: were it written later, it would take back what was clicked meanwhile.
    history.pushState(null, '', `#${new URLSearchParams(wanted)}`);
    setLook(wanted);
  };
  if (state === null) return <p class="starting">Opening the sandbox workspace…</p>;
  const top = state.modals.at(-1);
  return (
    <>
      <div class={thread === null ? 'page' : 'page with-thread'}>
        <Sidebar state={state} look={look} go={go} />
        <main>
          {!there && (
            <p class="problem-bar" role="alert">
              The sandbox does not answer. Start it again in the terminal with npm start: this page goes on by itself.
            </p>
          )}
          {problem !== null && (
            <p class="problem-bar" role="alert">
              {problem}{' '}
              <button type="button" aria-label="Dismiss" onClick={() => setProblem(null)}>
                ×
              </button>
            </p>
          )}
          {state.place === HOME ? (
            <Home state={state} act={act} />
          ) : (
            <Conversation state={state} act={act} thread={thread} openThread={setThread} />
          )}
        </main>
        <Tools state={state} act={act} goTo={(as, place) => go({ as, place })} />
      </div>
      {top !== undefined && <Modal key={top.id} view={top} depth={state.modals.length} state={state} act={act} />}
    </>
  );
};

const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  render(<App />, root);
}
