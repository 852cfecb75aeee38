/** What lies beside the workspace: the five steps to try, a pipeline, the clock, what can go wrong, and what is said between Slack and the bot. */
import { useEffect, useRef, useState } from 'preact/hooks';
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

const Copied = ({ label, text }: { label: string; text: string }) => (
  <>
    <p class="quiet">{label}</p>
    <pre class="typed" tabIndex={0}>
      {text}
    </pre>
  </>
);

const Pipeline = ({ state, act }: Props) => {
  const { pipeline } = state;
  const [chosen, choose] = useState<string | null>(null);
  const [fails, setFails] = useState(false);
  const [making, setMaking] = useState(false);
  useEffect(() => void act({ act: 'pipeline look' }), []);
  const log = useRef<HTMLPreElement>(null);
  useEffect(() => log.current?.scrollTo({ top: log.current.scrollHeight }), [pipeline.lines.length]);
  const release = pipeline.releases.find(({ key }) => key === chosen) ?? pipeline.releases[0];
  const what = { service: release?.service, version: release?.version, environment: pipeline.environment };
  if (pipeline.token === null)
    return (
      <section aria-label="Pipeline">
        <h2>Pipeline</h2>
        <p>
          A pipeline asks Signalbox before it deploys, and says how it goes. It needs a token, which an admin makes in
          Slack.
        </p>
        <p class="row">
          <button
            type="button"
            class="primary"
            disabled={making || pipeline.url === null}
            onClick={() => {
              setMaking(true);
              void act({ act: 'pipeline connect' }).then(() => setMaking(false));
            }}
          >
            {making ? 'Rita makes it…' : 'Make a token'}
          </button>
        </p>
      </section>
    );
  return (
    <section aria-label="Pipeline">
      <h2>Pipeline</h2>
      {release === undefined ? (
        <p>There is no open release. Plan one: “/release new”.</p>
      ) : (
        <>
          <label>
            Release{' '}
            <select value={release.key} onChange={(event) => choose(event.currentTarget.value)}>
              {pipeline.releases.map(({ key, service, version, status }) => (
                <option key={key} value={key}>
                  {service} {version} ({status})
                </option>
              ))}
            </select>
          </label>
          <label class="tick">
            <input type="checkbox" checked={fails} onChange={(event) => setFails(event.currentTarget.checked)} />
            Let it fail halfway
          </label>
          <p class="row">
            <button
              type="button"
              class="primary"
              disabled={pipeline.running !== null}
              onClick={() => void act({ act: 'pipeline run', release: release.key, fails })}
            >
              {pipeline.running === null ? `Deploy to ${pipeline.environment}` : 'Deploying…'}
            </button>
            <button type="button" onClick={() => void act({ act: 'pipeline plan' }).then(() => choose(null))}>
              Plan another release
            </button>
            <button
              type="button"
              disabled={pipeline.running === null}
              onClick={() => void act({ act: 'pipeline stop' })}
            >
              Stop
            </button>
          </p>
        </>
      )}
      <pre class="log" tabIndex={0} aria-label="Log of the pipeline" aria-live="polite" ref={log}>
        {pipeline.lines.join('\n')}
      </pre>
      {release !== undefined && (
        <>
          <h2>The same in your terminal</h2>
          <Copied
            label="Once, in a clone of Signalbox:"
            text={`export SIGNALBOX_URL=${pipeline.url}\nexport SIGNALBOX_TOKEN=${pipeline.token}`}
          />
          <Copied
            label="The command line:"
            text={`npx signalbox check --service ${what.service} --version ${what.version} --env ${what.environment}`}
          />
          <Copied
            label="Or curl:"
            text={`curl -s $SIGNALBOX_URL/v1/gate \\\n  -H "Authorization: Bearer $SIGNALBOX_TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '${JSON.stringify(what)}'`}
          />
          <p>
            Everything that can be asked:{' '}
            <a href={`${pipeline.url}/v1/docs`} target="_blank" rel="noreferrer">
              {pipeline.url}/v1/docs
            </a>
          </p>
        </>
      )}
    </section>
  );
};

const TABS = ['Try this', 'Pipeline', 'Faults', 'Traffic'] as const;

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
        {tab === 'Pipeline' && <Pipeline state={state} act={act} />}
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
