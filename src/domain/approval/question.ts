/** An approver asks, the owner answers; meanwhile the asker's reminder waits. */

import { happened } from '../events.ts';
import { allow, type Decision, refuse, refuseField, theseCan } from '../refusal.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { type Instant } from '../time.ts';
import { command, say } from '../words.ts';
import { notCounted } from './counted.ts';
import { stillCan } from './policy.ts';
import { askedIn, noRound, openRoundOf, type Question, type Round } from './round.ts';
import { reminder } from './times.ts';

/** An approver asks the owner; the asker's reminder waits for the answer. */
export const ask = (s: Situation, text: string, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s, 'Not asked');
  if (notCounted(s, round, act.by) !== null)
    return refuse({
      code: 'forbidden',
      did: 'Not asked',
      because: say`questions are asked of the owner by those who decide`,
      can: theseCan(stillCan(s, round)),
    });
  if (text.trim() === '') return refuseField('question', say`Write the question; its owner gets it as a message.`);
  const question: Question = {
    id: act.newId('question'),
    asker: act.by,
    text,
    askedAt: act.now,
    answer: null,
    answeredBy: null,
    answeredAt: null,
  };
  const event = happened(s.release.id, 'question.asked', { round: round.n }, { words: text, subject: question.id });
  return allow({ after: { ...s, round: { ...round, questions: [...round.questions, question] } }, events: [event] });
};

/** Answers an open question; the asker is asked again with the answer on the second line. */
export const answer = (s: Situation, input: { question: string; text: string }, act: Act): Decision<Effect> => {
  const round = openRoundOf(s);
  if (round === null) return noRound(s, 'Not answered');
  const open = round.questions.find(({ id, answeredAt }) => id === input.question && answeredAt === null);
  if (open === undefined)
    return refuse({
      code: 'not_found',
      what: 'open question',
      reference: input.question,
      fix: say`See ${command('show')}.`,
    });
  if (input.text.trim() === '') return refuseField('answer', say`Write the answer; the approver decides by it.`);
  const questions = round.questions.map((question) =>
    question.id === open.id ? { ...question, answer: input.text, answeredBy: act.by, answeredAt: act.now } : question,
  );
  const event = happened(
    s.release.id,
    'question.answered',
    { round: round.n },
    { words: input.text, subject: open.id },
  );
  return allow({
    after: { ...s, round: { ...round, questions, remindAt: clockAfterAnswer(s, round, act.now) } },
    events: [event],
  });
};

/** The clock stood still while the question was open: a reminder that fell into that time comes four working hours after the answer. */
const clockAfterAnswer = (s: Situation, round: Round, now: Instant): Instant =>
  round.remindAt > now ? round.remindAt : reminder(s, now, askedIn(round));
