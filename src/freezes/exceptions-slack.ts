/** Exceptions from a freeze, from Slack: asked for with a reason, decided by somebody else. */

import type { ModalView } from '@slack/types';
import { environmentNamed } from '../domain/catalog/catalog.ts';
import { endOf, type Freeze } from '../domain/freeze/calendar.ts';
import { freezeToExcept, URGENCIES } from '../domain/freeze/exception.ts';
import { mayAct, mayGiveAway } from '../domain/permissions.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import type { Decision } from '../domain/refusal.ts';
import { keyOf, nameOf, type Release } from '../domain/release/release.ts';
import { epochMs } from '../domain/time.ts';
import { cut } from '../domain/words.ts';
import { onClick, onSubmit } from '../releases/act-on-release.ts';
import { environmentMeant, releaseClicked, releaseMeant } from '../releases/find-release.ts';
import { openReason } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import { chosen, instantOf, textOf } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import { dateTimeInput, form, selectInput, textInput } from '../slack/kit.ts';
import { type Answer, type Request, type Routes, refused } from '../slack/requests.ts';
import { exceptionVerbs } from './exception-verbs.ts';

const exceptionForm = (release: Release, environment: string, reason: string, freeze: Freeze): ModalView =>
  form({
    id: VIEWS.exception,
    title: 'Ask for an exception',
    submit: 'Ask',
    metadata: packValue(release.id, environment),
    blocks: [
      textInput({
        id: 'reason',
        label: 'Why can it not wait?',
        multiline: true,
        initial: reason,
        hint: `${nameOf(release)} (${keyOf(release)}) into ${environment}, past the freeze ${cut(freeze.name, 80)}. Somebody else decides, of @${freeze.approvers}; it does not replace approval.`,
      }),
      selectInput({
        id: 'urgency',
        label: 'How urgent is it?',
        choices: URGENCIES.map((text) => ({ text, value: text })),
        initial: URGENCIES[1],
      }),
      textInput({ id: 'blastRadius', label: 'Who is hit if it goes wrong?', placeholder: 'Customers who pay by card' }),
      textInput({ id: 'rollback', label: 'How to go back', initial: release.rollbackPlan, optional: true }),
      dateTimeInput({
        id: 'until',
        label: 'Until',
        initialSeconds: Math.floor(epochMs(endOf(freeze)) / 1_000),
        hint: 'For one start until then; never longer than the freeze.',
      }),
    ],
  });

export const openException = async (
  request: Request,
  found: Decision<Release>,
  word: string | undefined,
  reason = '',
): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const permitted = mayAct('request_exception', request.catalog, request.actor, found.value);
  if (!permitted.ok) return refused(permitted.refusal);
  const readable = mayGiveAway(request.catalog, found.value, request.actor, 'Not asked');
  if (!readable.ok) return refused(readable.refusal);
  const named = environmentMeant(request.catalog, word);
  if (!named.ok) return refused(named.refusal);
  const s = await situationFor(request, found.value.id);
  if (s === null) throw new Error(`${found.value.id} vanished.`);
  const environment = named.value ?? nextEnvironment(s);
  const freeze = freezeToExcept(s, environment, request.ctx.now);
  return freeze.ok
    ? { kind: 'form', view: exceptionForm(found.value, environment, reason, freeze.value) }
    : refused(freeze.refusal);
};

const { requestException, decideException, revokeException } = exceptionVerbs;

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
    [ACTIONS.revokeException]: openReason(
      'Take it back',
      VIEWS.revokeException,
      'Take it back',
      'Why may it not go after all?',
    ),
    [ACTIONS.denyException]: openReason('Deny the exception', VIEWS.denyException, 'Deny', 'Why does it have to wait?'),
  },
  views: {
    exception: onSubmit(
      requestException,
      ({ metadata, values }) => ({
        environment: unpackValue(metadata)[1] ?? '',
        reason: textOf(values, 'reason') ?? '',
        urgency: URGENCIES.find((each) => each === chosen(values, 'urgency')) ?? null,
        blastRadius: textOf(values, 'blastRadius'),
        rollback: textOf(values, 'rollback'),
        until: instantOf(values, 'until'),
      }),
      'Asked. You get a message when it is decided.',
    ),
    exception_revoked: onSubmit(
      revokeException,
      ({ metadata, values }) => ({
        exception: unpackValue(metadata)[1] ?? '',
        reason: textOf(values, 'reason') ?? '',
      }),
      'The exception is taken back; whoever asked is told why.',
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
