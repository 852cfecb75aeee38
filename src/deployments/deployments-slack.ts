/** Deployments, from Slack: start, say how it ended, go back, lift a lock, see what runs where. */
import { readTogether } from '../db/reading.ts';
import { protectedEnvironments } from '../domain/catalog.ts';
import { endOf, freezesStopping } from '../domain/freeze-calendar.ts';
import type { ReleaseId } from '../domain/ids.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { nameOf, type Release, type ReleaseStatus } from '../domain/release.ts';
import { command, listing, person, say } from '../domain/wording.ts';
import { liveFreezes } from '../freezes/freeze-store.ts';
import {
  clickedRelease,
  environmentMeant,
  formRelease,
  namedRelease,
  servicesOfChannel,
  wordsAfter,
} from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import { reasonForm } from '../releases/release-modal.ts';
import { openReleasesOfServices } from '../releases/release-store.ts';
import { onRelease, shown } from '../releases/releases-slack.ts';
import { chosen, textOf } from '../slack/form-values.ts';
import { ACTIONS, unpackValue, VIEWS, type ViewId } from '../slack/ids.ts';
import { form, selectInput, textInput } from '../slack/kit.ts';
import { dateToken, EMPTY, joined, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import {
  type ActionRequest,
  type Answer,
  type CommandRequest,
  type Request,
  type Route,
  type Routes,
  refused,
  tell,
  type ViewRequest,
} from '../slack/requests.ts';
import * as deploy from './deploy.ts';
import { heldLocks, lastSuccesses, runningDeployments } from './deployment-store.ts';

const reasonOf = (request: ViewRequest): string => textOf(request.values, 'reason') ?? '';

const nextFor = async (request: Request, release: ReleaseId): Promise<string> => {
  const s = await situationFor(request, release);
  return s === null ? '' : nextEnvironment(s);
};

const click = (
  act: (request: ActionRequest, release: Release) => Promise<Decision<unknown>>,
  done: string,
): Route<ActionRequest> => ({
  run: async (request) =>
    onRelease(
      request,
      await clickedRelease(request),
      (release) => act(request, release),
      () => md`${done}`,
    ),
});

const opens = (title: string, view: ViewId, submit: string, label: string): Route<ActionRequest> => ({
  opens: title,
  run: async (request) => {
    const found = await clickedRelease(request);
    return found.ok
      ? {
          kind: 'form',
          view: reasonForm({
            id: view,
            title,
            submit,
            label,
            metadata: request.value,
            hint: `${nameOf(found.value)}. It is announced.`,
          }),
        }
      : refused(found.refusal);
  },
});

const said = (
  act: (request: ViewRequest, release: Release, reason: string) => Promise<Decision<unknown>>,
  done: string,
): Route<ViewRequest> => ({
  run: async (request) =>
    onRelease(
      request,
      await formRelease(request),
      (release) => act(request, release, reasonOf(request)),
      () => md`${done}`,
    ),
});

/** `/deploy REL-142 [environment]`; a soft freeze wants a reason, which may follow. */
const start = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const named = environmentMeant(request.catalog, request.words[1], request.text);
  if (!named.ok) return refused(named.refusal);
  const environment = named.value ?? (await nextFor(request, found.value.id));
  const reason = wordsAfter(request, named.value === null ? 1 : 2);
  return onRelease(
    request,
    found,
    (release) =>
      deploy.start(request.deps, request.ctx, release.id, { environment, reason: reason === '' ? null : reason }),
    () => md`Started in ${environment}.`,
  );
};

/** What runs where, since when, locked or frozen. */
const environments = async (request: CommandRequest): Promise<Answer> => {
  const here = servicesOfChannel(request.catalog, request.channel);
  const known = request.words.filter((word) => request.catalog.services[word] !== undefined);
  const unknown = request.words.find((word) => request.catalog.services[word] === undefined);
  if (unknown !== undefined)
    return refused({
      code: 'not_found',
      what: 'service',
      reference: unknown,
      fix: say`There are ${listing(Object.keys(request.catalog.services).slice(0, 10))}.`,
    });
  const services =
    known.length > 0 ? known : here.length > 0 ? here : Object.keys(request.catalog.services).slice(0, 10);
  const names = request.catalog.environments.map(({ name }) => name);
  const { ctx, voice } = request;
  const { db } = request.deps.database;
  const facts = await readTogether(db, {
    successes: lastSuccesses(db, ctx.workspace, services, names),
    running: runningDeployments(db, ctx.workspace, services),
    locks: heldLocks(db, ctx.workspace, services),
    freezes: liveFreezes(db, ctx.workspace, ctx.now),
  });
  const lines = services.flatMap((service) => [
    md`*${service}*`,
    ...names.map((environment) => {
      const at = <Row extends { service: string; environment: string }>(rows: readonly Row[]) =>
        rows.filter((row) => row.service === service && row.environment === environment).at(-1);
      const live = at(facts.successes);
      const running = at(facts.running);
      const lock = at(facts.locks);
      const [freeze] = freezesStopping(facts.freezes, [], {
        services: [service],
        environment,
        type: 'normal',
        at: ctx.now,
      });
      return joined(
        [
          md`${environment}   ${live?.version ?? 'nothing yet'}`,
          live === undefined ? EMPTY : md`since ${dateToken(live.since)}`,
          running === undefined
            ? EMPTY
            : md`${running.version} is being deployed by ${sentenceMarkup([person(running.startedBy)], voice)}`,
          lock === undefined ? EMPTY : md`locked by ${sentenceMarkup([person(lock.holder)], voice)}: ${lock.reason}`,
          freeze === undefined ? EMPTY : md`frozen until ${dateToken(endOf(freeze))}`,
        ],
        ' · ',
      );
    }),
  ]);
  return tell(lines);
};

const LIVE: readonly ReleaseStatus[] = ['deploying', 'failed', 'deployed'];

/** `/release rollback checkout` means what is live of the service; a reference means that release. */
const rollbackMeant = async (request: CommandRequest): Promise<Decision<Release>> => {
  const [word = ''] = request.words;
  if (request.catalog.services[word] === undefined) return namedRelease(request);
  const open = await openReleasesOfServices(request.deps.database.db, request.ctx.workspace, [word], request.actor);
  const live = open.find(({ state }) => LIVE.includes(state.status));
  return live === undefined
    ? refuse({ code: 'not_found', what: 'live release of', reference: word, fix: say`See ${command('env')}.` })
    : allow(live);
};

/** `/release unlock checkout production "the cause was …"` */
const unlock = async (request: CommandRequest): Promise<Answer> => {
  const [service = '', environment = ''] = request.words;
  const lock = (await heldLocks(request.deps.database.db, request.ctx.workspace, [service]).alone()).find(
    (held) => held.environment === environment,
  );
  if (lock === undefined)
    return refused({
      code: 'not_found',
      what: 'lock on',
      reference: `${service} ${environment}`.trim(),
      fix: say`See them with ${{ command: 'env' }}.`,
    });
  const decision = await deploy.lift(request.deps, request.ctx, lock.release, {
    environment,
    reason: wordsAfter(request, 2),
  });
  return decision.ok ? shown(request, lock.release, md`The lock is lifted.`) : refused(decision.refusal);
};

const openEmergency = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const choices = protectedEnvironments(request.catalog).map((name) => ({ text: name, value: name }));
  if (choices.length === 0)
    return tell([
      md`No environment of the catalog is protected: there is no glass to break. Start with the deploy command.`,
    ]);
  return {
    kind: 'form',
    view: form({
      id: VIEWS.emergency,
      title: 'Break the glass',
      submit: 'Break the glass',
      metadata: found.value.id,
      blocks: [
        textInput({
          id: 'reason',
          label: 'What is broken, and who is hit?',
          multiline: true,
          hint: 'At least 30 characters. Everybody in the channel and the judges read it.',
        }),
        textInput({ id: 'incident', label: 'Incident', optional: true, placeholder: 'https://…' }),
        selectInput({ id: 'environment', label: 'Environment', choices, initial: choices[0]?.value ?? null }),
      ],
    }),
  };
};

export const deploymentRoutes: Routes = {
  verbs: {
    deploy: { run: start },
    healthy: {
      run: async (request) =>
        onRelease(
          request,
          await namedRelease(request),
          (release) => deploy.health(request.deps, request.ctx, release.id, { healthy: true, reason: null }),
          () => md`Healthy.`,
        ),
    },
    unhealthy: {
      run: async (request) =>
        onRelease(
          request,
          await namedRelease(request),
          (release) =>
            deploy.health(request.deps, request.ctx, release.id, { healthy: false, reason: wordsAfter(request) }),
          () => md`Recorded as a failure.`,
        ),
    },
    rollback: {
      run: async (request) =>
        onRelease(
          request,
          await rollbackMeant(request),
          (release) => deploy.rollBack(request.deps, request.ctx, release.id, wordsAfter(request)),
          () => md`Going back; say when it is.`,
        ),
    },
    emergency: { opens: 'Break the glass', run: openEmergency },
    env: { run: environments },
    unlock: { run: unlock },
  },
  actions: {
    [ACTIONS.start]: click(
      (request, release) =>
        deploy.start(request.deps, request.ctx, release.id, {
          environment: unpackValue(request.value)[1] ?? '',
          reason: null,
        }),
      'Started.',
    ),
    [ACTIONS.succeed]: click(
      (request, release) =>
        deploy.succeed(request.deps, request.ctx, release.id, unpackValue(request.value)[1] ?? null),
      'It is through.',
    ),
    [ACTIONS.abort]: click(
      (request, release) =>
        deploy.abort(request.deps, request.ctx, release.id, {
          environment: unpackValue(request.value)[1] ?? null,
          reason: null,
        }),
      'Aborted; nothing was touched.',
    ),
    [ACTIONS.healthy]: click(
      (request, release) => deploy.health(request.deps, request.ctx, release.id, { healthy: true, reason: null }),
      'Healthy.',
    ),
    [ACTIONS.rollbackDone]: click(
      (request, release) => deploy.rollbackDone(request.deps, request.ctx, release.id),
      'It is back.',
    ),
    [ACTIONS.confirmEmergency]: click(
      (request, release) => deploy.confirm(request.deps, request.ctx, release.id),
      'Confirmed: it is in force now.',
    ),
    [ACTIONS.justified]: click(
      (request, release) => deploy.judge(request.deps, request.ctx, release.id, 'justified'),
      'Judged as justified.',
    ),
    [ACTIONS.notJustified]: click(
      (request, release) => deploy.judge(request.deps, request.ctx, release.id, 'not justified'),
      'Judged as not justified.',
    ),
    [ACTIONS.fail]: opens('It failed', VIEWS.fail, 'Record', 'What failed?'),
    [ACTIONS.rollBack]: opens('Roll back', VIEWS.rollBack, 'Roll back', 'Why does it go back?'),
    [ACTIONS.rollbackFailed]: opens('Rollback failed', VIEWS.rollbackFailed, 'Record', 'What failed?'),
    [ACTIONS.unhealthy]: opens('Not healthy', VIEWS.unhealthy, 'Record', 'What is not healthy?'),
    [ACTIONS.liftLock]: opens('Lift lock', VIEWS.liftLock, 'Lift lock', 'What was the cause?'),
  },
  views: {
    deployment_fail: said(
      (request, release, reason) =>
        deploy.fail(request.deps, request.ctx, release.id, {
          environment: unpackValue(request.metadata)[1] ?? null,
          reason,
        }),
      'Recorded and announced.',
    ),
    rollback: said(
      (request, release, reason) => deploy.rollBack(request.deps, request.ctx, release.id, reason),
      'Going back; say when it is.',
    ),
    rollback_fail: said(
      (request, release, reason) => deploy.rollbackFailed(request.deps, request.ctx, release.id, reason),
      'Recorded: it stays failed.',
    ),
    health_bad: said(
      (request, release, reason) => deploy.health(request.deps, request.ctx, release.id, { healthy: false, reason }),
      'Recorded as a failure.',
    ),
    lock_lift: said(
      (request, release, reason) =>
        deploy.lift(request.deps, request.ctx, release.id, {
          environment: unpackValue(request.metadata)[1] ?? '',
          reason,
        }),
      'The lock is lifted.',
    ),
    emergency: {
      run: async (request) =>
        onRelease(
          request,
          await formRelease(request),
          (release) =>
            deploy.emergency(request.deps, { ...request.ctx, actor: request.actor }, release.id, {
              environment: chosen(request.values, 'environment') ?? '',
              justification: reasonOf(request),
              incident: textOf(request.values, 'incident'),
            }),
          () =>
            md`The glass is broken for one deployment in the next 4 hours: at once, or in 10 minutes when a second person is awake and does not confirm before. It is judged afterwards.`,
        ),
    },
  },
};
