/** Emergencies, from Slack: declared with a justification, confirmed by a second person, judged afterwards. */

import { protectedEnvironments } from '../domain/catalog/catalog.ts';
import { emergencyStopped, keptFromIt, secondPerson } from '../domain/emergency/emergency.ts';
import { type BreakGlass } from '../domain/emergency/phase.ts';
import { mayAct } from '../domain/permissions.ts';
import { targetsLeft } from '../domain/readiness.ts';
import { nameOf } from '../domain/release/release.ts';
import { person } from '../domain/words.ts';
import { onClick, onSubmit } from '../releases/act-on-release.ts';
import { namedRelease } from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import { type Seen } from '../situation/seen-by.ts';
import { chosen, textOf } from '../slack/form-values.ts';
import { ACTIONS, VIEWS } from '../slack/ids.ts';
import { form, section, selectInput, textInput } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, joined, type Mrkdwn, md, mention, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type Answer, type Bare, type CommandRequest, type Routes, refused, tell } from '../slack/requests.ts';
import { deploymentVerbs } from './deployment-verbs.ts';

const verbs = deploymentVerbs;

const openEmergency = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const permitted = mayAct('emergency', request.catalog, request.actor, found.value);
  if (!permitted.ok) return refused(permitted.refusal);
  const choices = protectedEnvironments(request.catalog).map((name) => ({ text: name, value: name }));
  if (choices.length === 0)
    return tell([
      md`No environment of the catalog is protected: there is no glass to break. Start with the deploy command.`,
    ]);
  const s = await situationFor(request, found.value.id);
  const stopped = s === null ? null : emergencyStopped(s, request.actor, request.ctx.now);
  if (stopped !== null) return refused(stopped);
  const second = s === null ? null : secondPerson(s, { by: request.actor, now: request.ctx.now });
  const when =
    second === null
      ? md`You can start as soon as you send this: nobody who could confirm it is at work now.`
      : md`${sentenceMarkup([person(second)], request.voice)} is asked to confirm. You can start once they do, or in 10 minutes.`;
  const [place] = s === null ? [] : targetsLeft(s);
  const kept =
    s === null || place === undefined
      ? []
      : keptFromIt(s, place, request.actor, request.ctx.now).map(({ sentence }) =>
          sentenceMarkup(sentence, request.voice),
        );
  return {
    kind: 'form',
    view: form({
      id: VIEWS.emergency,
      title: 'Emergency',
      submit: 'Start an emergency',
      metadata: found.value.id,
      blocks: [
        section(
          [
            md`*${nameOf(found.value)} goes without approval, gates and freezes*: one deployment in the next 4 hours. The channel and the release managers are told; somebody else judges it within two working days.`,
            when,
            kept.length === 0 ? EMPTY : md`It does not skip this: ${joined(kept, '; ')}.`,
          ].filter((line) => !isEmpty(line)),
        ),
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

/** When it may start, who was asked, and what has to be out of its way before. */
const emergencyWords = (s: Seen, { ctx, actor, voice }: Bare): Mrkdwn => {
  const { breakGlass: grant } = s;
  if (grant === null) return md`Done.`;
  const kept = keptFromIt(s, grant.environment, actor, ctx.now).map(({ sentence }) => sentenceMarkup(sentence, voice));
  const first = kept.length === 0 ? EMPTY : md`An emergency does not skip this: ${joined(kept, '; ')}.`;
  return joined([grantWords(grant), first], ' ');
};

const grantWords = (grant: BreakGlass): Mrkdwn =>
  grant.second === null
    ? md`You can start now, once, until ${dateToken(grant.expiresAt)}. It is judged by ${dateToken(grant.judgeBy)}.`
    : md`${mention(grant.second)} is asked to confirm; without an answer you can start ${dateToken(grant.grantedAt)}. It is judged by ${dateToken(grant.judgeBy)}.`;

export const emergencyRoutes: Routes = {
  verbs: { emergency: { opens: 'Emergency', run: openEmergency } },
  actions: {
    [ACTIONS.confirmEmergency]: onClick(verbs.confirmEmergency, () => null, 'Confirmed: it is in force now.'),
    [ACTIONS.justified]: onClick(
      verbs.judgeEmergency,
      () => ({ verdict: 'justified' as const }),
      'Judged as justified.',
    ),
    [ACTIONS.notJustified]: onClick(
      verbs.judgeEmergency,
      () => ({ verdict: 'not justified' as const }),
      (_release, _request, { breakGlass }) =>
        breakGlass?.usedBy == null ? 'Stopped: it does not start without approval.' : 'Judged as not justified.',
    ),
  },
  views: {
    emergency: onSubmit(
      verbs.emergency,
      ({ values }) => ({
        environment: chosen(values, 'environment') ?? '',
        justification: textOf(values, 'reason') ?? '',
        incident: textOf(values, 'incident'),
      }),
      (_release, request, s) => emergencyWords(s, request),
    ),
  },
};
