/** What lies beside the workspace: the five steps to try, the clock, what can go wrong, and what is said between Slack and the bot. */
import { useState } from 'preact/hooks';
import type { Outcome } from './connection.ts';
import { longTime } from './time.ts';
import type { PageState } from './types.ts';

type Act = (wanted: Record<string, unknown>) => Promise<Outcome>;
type Props = { state: PageState; act: Act };

const Steps = ({ state, act, goTo }: Props & { goTo: (as: string, place: string) => void }) => {
  const [doing, setDoing] = useState<number | null>(null);
  const next = state.steps.findIndex(({ done }) => !done);
  return (
    <section aria-label="Try this">
      <h2>Try this</h2>
      <ol class="steps">
        {state.steps.map((step, index) => (
          <li key={step.title} class={step.done ? 'done' : index === next ? 'next' : ''}>
            <h3>
              {step.done ? '✓ ' : ''}
              {step.title}
            </h3>
            {index === next && (
              <>
                <p>{step.text}</p>
                <p class="row">
                  <button type="button" onClick={() => goTo(step.as, step.place)}>
                    Take me there as {state.names[step.as]}
                  </button>
                  <button
                    type="button"
                    class="primary"
                    disabled={doing !== null}
                    onClick={() => {
                      setDoing(index);
                      goTo(step.as, step.place);
                      void act({ act: 'do step', step: index }).then(() => setDoing(null));
                    }}
                  >
                    {doing === index ? 'Doing it…' : 'Do it for me'}
                  </button>
                </p>
              </>
            )}
          </li>
        ))}
      </ol>
      {next === -1 && <p>That is a release from plan to review. Everything else is yours to try: “/release help”.</p>}
    </section>
  );
};

const HOUR = 3_600_000;

const Clock = ({ state, act }: Props) => (
  <section aria-label="Clock">
    <h2>Clock</h2>
    <p>
      It is <b>{longTime(state.now, state.me.tz)}</b> for {state.me.name} ({state.me.tz}).
    </p>
    <p class="row">
      <button type="button" onClick={() => void act({ act: 'clock', move: HOUR })}>
        + 1 hour
      </button>
      <button type="button" onClick={() => void act({ act: 'clock', move: 24 * HOUR })}>
        + 1 day
      </button>
      <button type="button" disabled={state.next === null} onClick={() => void act({ act: 'clock', move: 'next' })}>
        To the next event{state.next === null ? '' : `, ${longTime(state.next, state.me.tz)}`}
      </button>
      <button type="button" onClick={() => void act({ act: 'clock', move: 'now' })}>
        Now
      </button>
    </p>
  </section>
);

const FAULTS = [
  ['limits', 'Rate limits', 'One post a second and channel, as Slack has it: posts queue up, none is lost.'],
  ['outage', 'Outage', 'Every call to Slack fails with 503: answers wait and arrive when it is over.'],
  ['lost', 'Lost responses', 'Half of the posts arrive, but their answer is lost: none is posted twice.'],
] as const;

const Faults = ({ state, act }: Props) => (
  <section aria-label="What can go wrong">
    <h2>What can go wrong</h2>
    {FAULTS.map(([name, title, text]) => (
      <label class="tick" key={name}>
        <input
          type="checkbox"
          checked={state.faults[name]}
          onChange={(event) => void act({ act: 'faults', ...state.faults, [name]: event.currentTarget.checked })}
        />
        <span>
          <b>{title}</b> {text}
        </span>
      </label>
    ))}
    <p class="row">
      <button type="button" onClick={() => void act({ act: 'disconnect' })}>
        Disconnect the socket
      </button>
    </p>
  </section>
);

const Traffic = ({ state }: { state: PageState }) => {
  const [onlyProblems, setOnlyProblems] = useState(false);
  const shown = state.traffic.filter(({ problem }) => problem || !onlyProblems);
  return (
    <section aria-label="Traffic">
      <h2>Traffic</h2>
      <label class="tick">
        <input
          type="checkbox"
          checked={onlyProblems}
          onChange={(event) => setOnlyProblems(event.currentTarget.checked)}
        />
        Problems only
      </label>
      {shown.length === 0 && <p>Nothing yet.</p>}
      <ul class="traffic">
        {shown.map((call) => (
          <li key={call.n} class={call.problem ? 'problem' : ''}>
            <details>
              <summary>
                <span class="direction">{call.direction === 'to the bot' ? '→ bot' : '→ Slack'}</span>{' '}
                <b>{call.what}</b> {call.outcome}
              </summary>
              <pre tabIndex={0}>{call.detail}</pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
};

const TABS = ['Try this', 'Faults', 'Traffic'] as const;

export const Tools = ({ state, act, goTo }: Props & { goTo: (as: string, place: string) => void }) => {
  const [tab, setTab] = useState<(typeof TABS)[number]>('Try this');
  return (
    <aside class="tools" aria-label="Beside the workspace">
      <div class="tabs" role="tablist" aria-label="Beside the workspace">
        {TABS.map((name) => (
          <button
            type="button"
            role="tab"
            id={`tab-${name}`}
            key={name}
            aria-selected={tab === name}
            aria-controls="tools-panel"
            onClick={() => setTab(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="panel" id="tools-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === 'Try this' && (
          <>
            <p class="what">
              A Slack workspace on this machine, with Signalbox in it. Act as each person; nothing leaves the machine.
            </p>
            <Steps state={state} act={act} goTo={goTo} />
            <Clock state={state} act={act} />
          </>
        )}
        {tab === 'Faults' && (
          <>
            <Faults state={state} act={act} />
            <Clock state={state} act={act} />
          </>
        )}
        {tab === 'Traffic' && <Traffic state={state} />}
      </div>
    </aside>
  );
};
