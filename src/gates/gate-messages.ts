/** To those who own a gate that a release waits for: what it is, and how to record it. */
import { gateStates, isMet } from '../domain/gate/gate.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { summaryLine } from '../situation/release-facts.ts';
import { aloud, message, noLongerNeeded, type SeenRenderer } from '../situation/show.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import { actions, context } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';

/** The occurrence is the gate and the artifact that it is wanted for. */
export const gateAsk: SeenRenderer = (s, what) => {
  const [gate = '', revision] = what.occurrence.split('~');
  const name = nameOf(s.release);
  const state = gateStates(s, what.now).find(({ rule }) => rule.name === gate);
  const { status } = s.release.state;
  const waits = status === 'draft' || status === 'awaiting_approval' || status === 'approved';
  if (state === undefined || !waits || Number(revision) !== s.release.artifact.revision)
    return noLongerNeeded(`No longer needed: ${gate} of ${name}`, md`${gate} of ${name}.`);
  if (isMet(state) || state.state === 'failed')
    return { ...noLongerNeeded(`${gate} of ${name}: ${state.state}`, md`${gate} of ${name} is ${state.state}.`) };
  const value = packValue(s.release.id, gate);
  return message(
    aloud(s, `${name} waits for ${gate}`, 'decision'),
    [md`*${name} waits for ${gate}*`, summaryLine(s), md`*Needed before*   ${state.rule.before}`],
    [
      ...actions([
        { text: 'Pass', action: ACTIONS.gatePass, value, style: 'primary' },
        { text: 'Fail…', action: ACTIONS.gateFail, value },
        { text: 'Open', action: ACTIONS.show, value: s.release.id },
      ]),
      context(md`${keyOf(s.release)}`),
    ],
  );
};
