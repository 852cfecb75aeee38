/** Exceptions from a freeze, from Slack: asked for with a reason, decided by somebody else. */
import type { ModalView } from '@slack/types';
import { environmentNamed } from '../domain/catalog/catalog.ts';
import { freezeToExcept } from '../domain/freeze/exception.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import type { Decision } from '../domain/refusal.ts';
import { keyOf, nameOf, type Release } from '../domain/release/release.ts';
import { onClick, onSubmit } from '../releases/act-on-release.ts';
import { environmentMeant, releaseClicked, releaseMeant } from '../releases/find-release.ts';
import { openReason } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import { textOf } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import { reasonForm } from '../slack/kit.ts';
import { type Answer, type Request, type Routes, refused } from '../slack/requests.ts';
import { exceptionVerbs } from './exception-verbs.ts';

const exceptionForm = (release: Release, environment: string, reason: string): ModalView =>
  reasonForm({
    id: VIEWS.exception,
    title: 'Ask for an exception',
    submit: 'Ask',
    label: 'Why can it not wait?',
    metadata: packValue(release.id, environment),
    initial: reason,
    hint: `${nameOf(release)} (${keyOf(release)}) into ${environment}. Somebody else decides; approvals are still needed.`,
  });

export const openException = async (
  request: Request,
  found: Decision<Release>,
  word: string | undefined,
  reason = '',
): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const named = environmentMeant(request.catalog, word);
  if (!named.ok) return refused(named.refusal);
  const s = await situationFor(request, found.value.id);
  if (s === null) throw new Error(`${found.value.id} vanished.`);
  const environment = named.value ?? nextEnvironment(s);
  const freeze = freezeToExcept(s, environment, request.ctx.now);
  return freeze.ok ? { kind: 'form', view: exceptionForm(found.value, environment, reason) } : refused(freeze.refusal);
};

const { requestException, decideException } = exceptionVerbs;

export const exceptionRoutes: Routes = {
  verbs: {
    exception: {
      opens: 'Ask for an exception',
      run: async (request) => {
        const [word, ...rest] = request.words;
        const named = environmentNamed(request.catalog, rest[0] ?? '') === null ? undefined : rest[0];
        const reason = (named === undefined ? rest : rest.slice(1)).join(' ');
        return openException(request, await releaseMeant(request, word), named, reason);
      },
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
    [ACTIONS.grantException]: onClick(
      decideException,
      ({ value }) => ({ exception: unpackValue(value)[1] ?? '', verdict: 'granted' as const, reason: null }),
      'The exception is granted.',
    ),
    [ACTIONS.denyException]: openReason('Deny the exception', VIEWS.denyException, 'Deny', 'Why does it have to wait?'),
  },
  views: {
    exception: onSubmit(
      requestException,
      ({ metadata, values }) => ({
        environment: unpackValue(metadata)[1] ?? '',
        reason: textOf(values, 'reason') ?? '',
      }),
      'Asked. You get a message when it is decided.',
    ),
    exception_denied: onSubmit(
      decideException,
      ({ metadata, values }) => ({
        exception: unpackValue(metadata)[1] ?? '',
        verdict: 'denied' as const,
        reason: textOf(values, 'reason'),
      }),
      'The exception is denied; whoever asked is told why.',
    ),
  },
};
