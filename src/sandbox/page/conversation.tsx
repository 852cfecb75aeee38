/** A conversation: messages by day, their threads beside it, and the line to type in, with the commands of the manifest. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Acting, type Block, Blocks } from './blocks.tsx';
import type { Outcome } from './connection.ts';
import { Markup } from './markup.tsx';
import { clockTime, dayName } from './time.ts';
import type { PageCommand, PageMessage, PageState } from './types.ts';

type Act = (wanted: Record<string, unknown>) => Promise<Outcome>;

const NOTHING_TO_FILL = {
  values: {},
  errors: {},
  change: () => undefined,
  load: async () => null,
  busy: false,
  people: [],
  channels: [],
} as const;

const Avatar = ({ name, bot }: { name: string; bot: boolean }) => (
  <span class={bot ? 'avatar bot' : 'avatar'} aria-hidden="true">
    {bot ? '◆' : name.slice(0, 1).toUpperCase()}
  </span>
);

type MessageProps = { message: PageMessage; state: PageState; act: Act; replies?: number; onThread?: () => void };

const Message = ({ message, state, act, replies = 0, onThread }: MessageProps) => {
  const name = state.names[message.user] ?? message.user;
  const bot = !state.people.some(({ id }) => id === message.user);
  const acting: Acting = {
    ...NOTHING_TO_FILL,
    reader: state,
    press: (at) => void act({ act: 'press', as: state.me.id, channel: message.channel, ts: message.ts, at }),
  };
  return (
    <article
      class={message.onlyMe ? 'message private' : 'message'}
      aria-label={`${name}, ${clockTime(message.at, state.me.tz)}`}
    >
      {onThread !== undefined && !message.onlyMe && (
        <div class="hovered">
          <button type="button" onClick={onThread}>
            Reply in thread
          </button>
        </div>
      )}
      <Avatar name={name} bot={bot} />
      <div class="said">
        {message.onlyMe && <p class="only">Only visible to you</p>}
        <p class="who">
          <b>{name}</b> {bot && <span class="app">APP</span>}{' '}
          <time dateTime={new Date(message.at).toISOString()}>{clockTime(message.at, state.me.tz)}</time>
          {message.edited && <span class="edited"> (edited)</span>}
        </p>
        {message.blocks.length > 0 ? (
          <Blocks blocks={message.blocks as readonly Block[]} acting={acting} />
        ) : (
          <Markup text={message.text} reader={state} />
        )}
        {replies > 0 && onThread !== undefined && (
          <button type="button" class="thread-link" onClick={onThread}>
            {replies} {replies === 1 ? 'reply' : 'replies'}
          </button>
        )}
      </div>
    </article>
  );
};

/** Commands that begin with what was typed, and the words that the command takes. */
const offered = (commands: readonly PageCommand[], text: string): readonly PageCommand[] =>
  text.startsWith('/') && !text.includes(' ') ? commands.filter(({ command }) => command.startsWith(text)) : [];

type ComposerProps = { state: PageState; act: Act; thread: string | null; label: string };

const Composer = ({ state, act, thread, label }: ComposerProps) => {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const choices = thread === null ? offered(state.commands, text) : [];
  const take = (choice: PageCommand | undefined): void => {
    if (choice !== undefined) setText(`${choice.command} `);
    box.current?.focus();
  };
  const send = async (): Promise<void> => {
    const said = text.trim();
    if (said === '') return;
    const [first = '', ...rest] = said.split(' ');
    const command = thread === null && state.commands.some((known) => known.command === first);
    setText('');
    const place = { as: state.me.id, channel: state.place };
    await (command
      ? act({ act: 'command', ...place, command: first, text: rest.join(' ') })
      : act({ act: 'say', ...place, text: said, thread }));
  };
  const onKey = (event: KeyboardEvent): void => {
    if (choices.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % choices.length);
    } else if (event.key === 'Tab' && choices.length > 0) {
      event.preventDefault();
      take(choices[active]);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const choice = choices[active];
      if (choice !== undefined && choice.command !== text) take(choice);
      else void send();
    }
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {choices.length > 0 && (
        <ul class="commands" role="listbox" aria-label="Commands" id={`commands-${thread ?? 'main'}`}>
          {choices.map((choice, index) => (
            <li
              key={choice.command}
              role="option"
              aria-selected={index === active}
              class={index === active ? 'active' : ''}
              onMouseDown={(event) => {
                event.preventDefault();
                take(choice);
              }}
            >
              <b>{choice.command}</b> <code>{choice.hint}</code> <span>{choice.description}</span>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={box}
        type="text"
        aria-label={label}
        placeholder={thread === null ? 'Message, or / for commands' : 'Reply'}
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <button type="submit" class="primary" aria-label="Send">
        ➤
      </button>
    </form>
  );
};

type ConversationProps = {
  state: PageState;
  act: Act;
  thread: string | null;
  openThread: (ts: string | null) => void;
};

export const Conversation = ({ state, act, thread, openThread }: ConversationProps) => {
  const bottom = useRef<HTMLDivElement>(null);
  const main = state.messages.filter((message) => message.threadTs === null || message.broadcast);
  const name = state.conversations.find(({ id }) => id === state.place);
  useEffect(() => bottom.current?.scrollIntoView({ block: 'end' }), [main.length, state.place]);
  let day = '';
  return (
    <section class="conversation" aria-label={`Conversation ${name?.name ?? ''}`}>
      <header class="top">
        <h1>{name?.kind === 'im' ? 'Signalbox' : `# ${name?.name ?? ''}`}</h1>
      </header>
      <div class="messages" role="log" aria-live="polite" aria-label="Messages" tabIndex={0}>
        {main.length === 0 && <p class="nothing">Nothing has been said here yet.</p>}
        {main.map((message) => {
          const today = dayName(message.at, state.me.tz);
          const divider = today === day ? null : <p class="day">{today}</p>;
          day = today;
          const replies = state.messages.filter(({ threadTs }) => threadTs === message.ts).length;
          return (
            <div key={message.ts}>
              {divider}
              <Message
                message={message}
                state={state}
                act={act}
                replies={replies}
                onThread={() => openThread(message.ts)}
              />
            </div>
          );
        })}
        <div ref={bottom} />
      </div>
      <Composer key={state.place} state={state} act={act} thread={null} label={`Message ${name?.name ?? ''}`} />
      {thread !== null && <Thread state={state} act={act} thread={thread} onClose={() => openThread(null)} />}
    </section>
  );
};

const Thread = ({
  state,
  act,
  thread,
  onClose,
}: {
  state: PageState;
  act: Act;
  thread: string;
  onClose: () => void;
}) => {
  const root = state.messages.find(({ ts }) => ts === thread);
  useEffect(() => {
    const closing = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && document.querySelector('.dialog') === null) onClose();
    };
    addEventListener('keydown', closing);
    return () => removeEventListener('keydown', closing);
  }, [onClose]);
  if (root === undefined) return null;
  return (
    <aside class="thread" aria-label="Thread">
      <header class="top">
        <h2>Thread</h2>
        <button type="button" class="close" aria-label="Close thread" onClick={onClose}>
          ×
        </button>
      </header>
      <div class="messages" tabIndex={0} role="log" aria-label="Replies">
        <Message message={root} state={state} act={act} />
        {state.messages
          .filter(({ threadTs }) => threadTs === thread)
          .map((message) => (
            <Message key={message.ts} message={message} state={state} act={act} />
          ))}
      </div>
      <Composer state={state} act={act} thread={thread} label="Reply in thread" />
    </aside>
  );
};

/** The app's Home tab. */
export const Home = ({ state, act }: { state: PageState; act: Act }) => {
  const acting: Acting = {
    ...NOTHING_TO_FILL,
    reader: state,
    press: (at) => void act({ act: 'press in view', as: state.me.id, view: 'home', at, values: {} }),
  };
  return (
    <section class="conversation home" aria-label="Signalbox, Home">
      <header class="top">
        <h1>Signalbox · Home</h1>
      </header>
      <div class="messages" tabIndex={0} role="region" aria-label="Home">
        {state.home === null ? (
          <p class="nothing">Signalbox is preparing your Home…</p>
        ) : (
          <Blocks blocks={state.home.body['blocks'] as readonly Block[]} acting={acting} />
        )}
      </div>
    </section>
  );
};
