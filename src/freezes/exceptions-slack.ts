/** Exceptions from a freeze, from Slack: asked for with a reason, decided by somebody else. */
import type { ModalView } from '@slack/types';
import { freezeToExcept } from '../domain/freeze.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import type { Decision } from '../domain/refusal.ts';
import { keyOf, nameOf, type Release } from '../domain/release.ts';
import { environmentMeant, releaseClicked, releaseMeant } from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import { reasonForm } from '../releases/release-modal.ts';
import { onRelease } from '../releases/releases-slack.ts';
import { textOf } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import { md } from '../slack/mrkdwn.ts';
import { type ActionRequest, type Answer, type Request, type Routes, refused } from '../slack/requests.ts';
import { askException, decide } from './change-freeze.ts';

const exceptionForm = (release: Release, environment: string): ModalView =>
  reasonForm({
    id: VIEWS.exception,
    title: 'Ask for an exception',
    submit: 'Ask',
    label: 'Why can it not wait?',
    metadata: packValue(release.id, environment),
    hint: `${nameOf(release)} (${keyOf(release)}) into ${environment}. Somebody else decides; approvals are still needed.`,
  });

const openException = async (request: Request, found: Decision<Release>, word: string | undefined): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const named = environmentMeant(request.catalog, word);
  if (!named.ok) return refused(named.refusal);
  const s = await situationFor(request, found.value.id);
  if (s === null) throw new Error(`${found.value.id} vanished.`);
  const environment = named.value ?? nextEnvironment(s);
  const freeze = freezeToExcept(s, environment, request.ctx.now);
  return freeze.ok ? { kind: 'form', view: exceptionForm(found.value, environment) } : refused(freeze.refusal);
};

const decided = (verdict: 'granted' | 'denied') => ({
  run: async (request: ActionRequest): Promise<Answer> => {
    const [release = '', exception = ''] = unpackValue(request.value);
    return onRelease(
      request,
      await releaseClicked(request, release),
      (found) => decide(request.deps, request.ctx, found.id, { exception, verdict }),
      () => md`The exception is ${verdict}.`,
    );
  },
});

export const exceptionRoutes: Routes = {
  verbs: {
    exception: {
      opens: 'Ask for an exception',
      run: async (request) => openException(request, await releaseMeant(request, request.words[0]), request.words[1]),
    },
  },
  actions: {
    [ACTIONS.askException]: {
      opens: 'Ask for an exception',
      run: async (request) => {
        const [release = '', environment] = unpackValue(request.value);
        return openException(request, await releaseClicked(request, release), environment);
      },
    },
    [ACTIONS.grantException]: decided('granted'),
    [ACTIONS.denyException]: decided('denied'),
  },
  views: {
    exception: {
      run: async (request) => {
        const [release = '', environment = ''] = unpackValue(request.metadata);
        return onRelease(
          request,
          await releaseClicked(request, release),
          (found) =>
            askException(request.deps, request.ctx, found.id, {
              environment,
              reason: textOf(request.values, 'reason') ?? '',
            }),
          () => md`Asked. You get a message when it is decided.`,
        );
      },
    },
  },
};
