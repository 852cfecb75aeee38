/** One thing that waits for a person, on Home: what it is, by when, and the buttons that do it. */

import { needsReason } from '../domain/approval/decide.ts';
import { unsatisfiable } from '../domain/approval/policy.ts';
import { decideBy } from '../domain/approval/round.ts';
import { deadlineOf } from '../domain/deployment/deadline.ts';
import { whoDecides } from '../domain/deployment/escalation.ts';
import { openChecks } from '../domain/deployment/health.ts';
import { nextStepOf, stepOf } from '../domain/deployment/rollout.ts';
import { isUnhealthy } from '../domain/deployment/standing.ts';
import { stepChecks } from '../domain/deployment/step-checks.ts';
import { gateKeepers, requiredGates } from '../domain/gate/gate.ts';
import { type UserId } from '../domain/ids.ts';
import { slotBehind } from '../domain/plan/moving.ts';
import { inVain, readiness, targetsLeft } from '../domain/readiness.ts';
import { nameOf, RETURNED_WORDS } from '../domain/release/release.ts';
import type { Instant } from '../domain/time.ts';
import { listing, person } from '../domain/words.ts';
import { endsValue, liftButton, moveButton, startButton, wellValue } from '../situation/card-look.ts';
import { statusWord } from '../situation/status-look.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { type ButtonSpec } from '../slack/kit.ts';
import { dateToken, EMPTY, isEmpty, type Mrkdwn, md, mention, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type HomeFacts } from './read-home.ts';

const DIRECT = { names: 'mention', command: '' } as const;

export type HomeRow = { line: Mrkdwn; buttons: readonly ButtonSpec[] };

const ENDS = {
  deploy: { text: 'It went through', action: ACTIONS.succeed, style: 'primary' },
  rollback: { text: 'It is back', action: ACTIONS.rollbackDone, style: 'primary' },
} as const;

/** Until when nobody else is called for it. */
const decideBefore = (s: HomeFacts['duties'][number]['s'], now: Instant): Mrkdwn => {
  const { next } = whoDecides(s, now);
  return next === null ? EMPTY : md` · by ${dateToken(next.at)}`;
};

/** One thing that waits, and the buttons that do it. */
export const dutyRow = ({ s, duty }: HomeFacts['duties'][number], now: Instant, viewer: UserId): HomeRow => {
  const { release, round } = s;
  const name = nameOf(release);
  const open: ButtonSpec = { text: 'Open', action: ACTIONS.show, value: release.id };
  const roundValue = packValue(release.id, round?.id ?? '', round?.hash ?? '');
  switch (duty.kind) {
    case 'approve': {
      const when = release.when.kind === 'at' ? md`, ${dateToken(release.when.start)}` : EMPTY;
      const by = round === null ? EMPTY : md` · decide by ${dateToken(decideBy(round, release, now))}`;
      const reasoned = round !== null && needsReason(round);
      return {
        line: md`Approve *${name}* → ${targetsLeft(s).join(', ')}${when} · ${release.risk?.level ?? 'medium'} risk${by}`,
        buttons: [
          {
            text: reasoned ? 'Decide…' : 'Approve',
            action: reasoned ? ACTIONS.decide : ACTIONS.approve,
            value: roundValue,
            style: 'primary',
          },
          open,
        ],
      };
    }
    case 'decide failure':
      return {
        line: md`Decide about *${name}*, which ${isUnhealthy(s) ? 'is not healthy' : 'failed'}${decideBefore(s, now)}`,
        buttons: [open],
      };
    case 'confirm emergency':
      return {
        line: md`Confirm the emergency of *${name}*`,
        buttons: [{ text: 'Confirm', action: ACTIONS.confirmEmergency, value: release.id, style: 'primary' }, open],
      };
    case 'judge emergency':
      return {
        line: md`Say whether the emergency of *${name}* was justified${s.breakGlass === null ? EMPTY : md` · ${s.breakGlass.judgeBy <= now ? 'due since' : 'by'} ${dateToken(s.breakGlass.judgeBy)}`}`,
        buttons: [
          { text: 'Justified', action: ACTIONS.justified, value: release.id },
          { text: 'Not justified', action: ACTIONS.notJustified, value: release.id },
          open,
        ],
      };
    case 'end': {
      const { deployment } = duty;
      const { version, environment, rollout } = deployment;
      const deadline = deadlineOf(s, deployment, now);
      const middle = rollout !== null && nextStepOf(rollout) !== null;
      const frozen = stepChecks(s, deployment, now).some(({ of }) => of === 'freeze');
      const what = middle
        ? md`*${release.service} ${version}* → ${environment} is at ${stepOf(rollout).name}: ${frozen ? 'a freeze keeps it there; ask for an exception, wait, or go back' : 'see to its next step'}`
        : deployment.kind === 'deploy'
          ? md`Say how *${release.service} ${version}* → ${environment} went`
          : md`Say whether *${release.service}* is back on ${version} in ${environment}`;
      return {
        line: md`${what}${deadline === null ? EMPTY : md` · by ${dateToken(deadline)}`}`,
        // In the middle of its steps there is more to do than to say that it is over.
        buttons: middle ? [open] : [{ ...ENDS[deployment.kind], value: endsValue(s, deployment) }, open],
      };
    }
    case 'start':
      return {
        line: md`Start *${name}* in ${duty.environment}`,
        buttons: [startButton(s, duty.environment, now), open],
      };
    case 'record gate': {
      const value = packValue(release.id, duty.gate);
      const rule = requiredGates(s).find((each) => each.name === duty.gate);
      if (rule !== undefined && gateKeepers(s, rule).by === 'waive')
        return {
          line: md`*${duty.gate}* of ${name} has no owner who is here: waive it, or ask an admin for one`,
          buttons: [{ text: 'Waive…', action: ACTIONS.gateWaive, value }, open],
        };
      return {
        line: md`Record *${duty.gate}* of ${name}`,
        buttons: [
          { text: 'Pass', action: ACTIONS.gatePass, value },
          { text: 'Fail…', action: ACTIONS.gateFail, value },
          open,
        ],
      };
    }
    case 'mend gate': {
      const rule = requiredGates(s).find((each) => each.name === duty.gate);
      const keepers = rule === undefined ? null : gateKeepers(s, rule);
      const who = sentenceMarkup(listing((keepers?.people ?? []).slice(0, 3).map(person), 'or'), DIRECT);
      return {
        line:
          keepers?.by === 'waive'
            ? md`*${duty.gate}* of *${name}* failed, and none of its owners is here: ${isEmpty(who) ? 'an admin can add one' : md`${who} can waive it`}`
            : md`*${duty.gate}* of *${name}* failed: mend it, then ${isEmpty(who) ? 'one of its owners' : who} records it anew, or ask for a waiver`,
        buttons: [{ text: 'Gates', action: ACTIONS.gates, value: release.id }, open],
      };
    }
    case 'answer':
      return {
        line: md`Answer a question about *${name}*`,
        buttons: [{ text: 'Answer', action: ACTIONS.answer, value: packValue(release.id, duty.question.id) }, open],
      };
    case 'decide exception': {
      const value = packValue(release.id, duty.exception.id);
      return {
        line: md`Decide an exception for *${name}*`,
        buttons: [
          { text: 'Grant', action: ACTIONS.grantException, value },
          { text: 'Deny…', action: ACTIONS.denyException, value },
          open,
        ],
      };
    }
    case 'find owner':
      return {
        line: md`Give *${name}* to somebody: its owner ${mention(release.owner)} left`,
        buttons: [{ text: 'Edit', action: ACTIONS.edit, value: release.id }, open],
      };
    case 'find approver': {
      const short = round === null ? null : unsatisfiable(round.rules, s, round);
      const why = short === null ? EMPTY : md`: rule “${short.rule.name}” wants ${short.rule.count}, ${short.left} can`;
      return { line: md`Nobody can approve *${name}*${why}. Ask an admin to add a person`, buttons: [open] };
    }
    case 'ask again': {
      const passed = release.when.kind === 'at' && release.when.start <= now;
      return passed
        ? {
            line: md`Choose a new time for *${name}* and ask again: ${RETURNED_WORDS[duty.why]}`,
            buttons: [{ text: 'Schedule…', action: ACTIONS.schedule, value: release.id }, open],
          }
        : { line: md`Ask again for *${name}*: ${RETURNED_WORDS[duty.why]}`, buttons: [open] };
    }
    case 'leave freeze': {
      const slot = release.state.status === 'deploying' ? null : slotBehind(s, now);
      return {
        line:
          release.state.status === 'deploying'
            ? md`*${name}* goes on in ${duty.environment} once the freeze is over, or with an exception`
            : duty.window === true
              ? md`Move *${name}*, which is planned for a time at which no deploy window is open`
              : duty.undecided !== undefined
                ? md`Nobody can decide the exception of *${name}*: ask an admin to add a person to @${duty.undecided}, or move it`
                : md`Move *${name}*, which ${duty.planned ? 'is planned inside a freeze' : 'a freeze holds'}, or ask for an exception`,
        buttons: [...(slot === null ? [] : [moveButton(s, slot, now, viewer)]), open],
      };
    }
    case 'go on': {
      const denied = inVain(readiness(s, duty.environment, now));
      const because =
        denied === null ? EMPTY : md`: ${sentenceMarkup(denied.sentence, { names: 'mention', command: '' })}`;
      return {
        line: md`*${name}* does not come to ${duty.environment}${because}`,
        buttons: [{ text: 'Why?', action: ACTIONS.why, value: release.id }, open],
      };
    }
    case 'say healthy':
      return {
        line: md`Say whether *${name}* is healthy`,
        buttons: [
          openChecks(s).length > 0
            ? { text: 'Checks…', action: ACTIONS.checklist, value: release.id }
            : { text: 'Healthy', action: ACTIONS.healthy, value: wellValue(s) },
          { text: 'Not healthy…', action: ACTIONS.unhealthy, value: release.id },
          open,
        ],
      };
    case 'say cause':
      return {
        line: md`:lock: Say what the cause was: *${release.service}* is locked in ${duty.environment}, and whoever was to say it left`,
        buttons: [liftButton(release.id, duty.environment)],
      };
    case 'review':
      return {
        line: md`Review *${name}* (${statusWord(release.state)}) · due since ${dateToken(duty.review.dueAt)}`,
        buttons: [{ text: 'Review…', action: ACTIONS.review, value: release.id }],
      };
  }
};
