/** To those who own a gate that a release waits for: what it is, and how to record it. */

import { isGateWanted } from '../domain/gate/awaited.ts';
import { gateKeepers, gateStates, isMet } from '../domain/gate/gate.ts';
import { userId } from '../domain/ids.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { summaryLine } from '../situation/release-facts.ts';
import { aloud, message, noLongerNeeded, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, context } from '../slack/kit.ts';
import { EMPTY, isEmpty, md, quoteText } from '../slack/mrkdwn.ts';

/** The occurrence is the gate, the artifact that it is wanted for, and when its waiver was over, if it had one. */
export const gateAsk: SeenRenderer = (s, what) => {
  const [gate = '', revision, since] = what.occurrence.split('~');
  const name = nameOf(s.release);
  const state = gateStates(s, what.now).find(({ rule }) => rule.name === gate);
  const waits = state !== undefined && (s.release.state.status === 'draft' || isGateWanted(s, state.rule));
  if (state === undefined || !waits || Number(revision) !== s.release.artifact.revision)
    return noLongerNeeded(`No longer needed: ${gate} of ${name}`, md`${gate} of ${name}.`);
  // Asked anew when its waiver is over: the earlier message goes.
  if (state.state === 'waiver expired' && since !== state.result?.expiresAt)
    return { ...message(`Asked again: ${name}`, [md`${gate} of ${name} is asked about again below.`]), gone: true };
  if (isMet(state))
    return noLongerNeeded(`${gate} of ${name}: ${state.state}`, md`${gate} of ${name} is ${state.state}.`);
  const value = packValue(s.release.id, gate);
  const open = { text: 'Open', action: ACTIONS.show, value: s.release.id };
  const { by, people } = gateKeepers(s, state.rule);
  // Its owners left after they were asked, or are here again.
  if (!people.includes(userId(what.audience)))
    return noLongerNeeded(`Not yours now: ${gate} of ${name}`, md`${gate} of ${name} is asked of somebody else.`);
  const failed =
    state.state === 'failed'
      ? md`${gate} of ${name} failed${state.result?.comment == null ? EMPTY : md`: “${quoteText(state.result.comment, 200)}”`}.`
      : EMPTY;
  // A repair that makes it pass is recorded from here.
  if (!isEmpty(failed) && by === 'record')
    return message(
      aloud(s, `${gate} of ${name} failed`),
      [failed],
      actions([{ text: 'It passes now', action: ACTIONS.gatePass, value }, open]),
    );
  return message(
    aloud(s, `${name} waits for ${gate}`, 'decision'),
    [
      md`*${name} waits for ${gate}*${state.state === 'waiver expired' ? ': its waiver is over' : ''}`,
      ...(isEmpty(failed) ? [] : [failed]),
      summaryLine(s),
      md`*Needed before*   ${state.rule.before === 'step' ? 'its next step' : state.rule.before}`,
      ...(by === 'waive' ? [md`None of its owners is here. You can waive it.`] : []),
    ],
    [
      ...actions(
        by === 'waive'
          ? [{ text: 'Waive…', action: ACTIONS.gateWaive, value }, open]
          : [
              { text: 'Pass', action: ACTIONS.gatePass, value, style: 'primary' },
              { text: 'Fail…', action: ACTIONS.gateFail, value },
              open,
            ],
      ),
      context(md`${keyOf(s.release)}`),
    ],
  );
};
