/** A freeze ended, left out once, stopped for good, or ending at another time, by command. */

import { type Freeze } from '../domain/freeze/calendar.ts';
import { type Declared, dayOf } from '../domain/freeze/recurrence.ts';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { type Instant } from '../domain/time.ts';
import { at, command, say } from '../domain/words.ts';
import { asText } from '../releases/find-release.ts';
import { performOnWorkspace } from '../situation/perform.ts';
import { dateToken, md, typedBeside } from '../slack/mrkdwn.ts';
import { type Answer, answerTo, type CommandRequest, refused, tell } from '../slack/requests.ts';
import { typedTime } from '../slack/typed-time.ts';
import { freezeMeant, nextOf, onNow } from './freeze-meant.ts';
import { freezeVerbs } from './freeze-verbs.ts';

const ENDINGS = {
  end: { example: 'freeze end 3 "the quarter is closed"', done: 'Ended' },
  skip: { example: 'freeze skip 3 "no trading on that day"', done: 'Skipped' },
  stop: { example: 'freeze stop 3 "we do not need it any more"', done: 'Stopped for good' },
} as const;

/** What `end`, `skip` and `stop` are about: the one that is on, the next one, all of them. */
const endMeant = (declared: Declared, sub: keyof typeof ENDINGS, now: Instant): Decision<Freeze> => {
  const { freeze } = declared;
  const { number, repeats } = freeze;
  const name = `freeze ${number} (${freeze.name})`;
  if (repeats === null)
    return sub === 'skip'
      ? refuse({
          code: 'status',
          did: 'Not skipped',
          name,
          status: 'a freeze that does not come again',
          fix: say`End it with ${command(`freeze end ${number} "why"`)}.`,
        })
      : allow(freeze);
  if (sub === 'stop' || freeze.endedEarlyAt !== null) return allow(freeze);
  const found = sub === 'end' ? onNow(declared, now) : nextOf(declared, now);
  if (nextOf(declared, now) === null)
    return refuse({
      code: 'status',
      did: sub === 'end' ? 'Not ended' : 'Not skipped',
      name,
      status: 'over: none of it comes any more',
      fix: say`See ${command('freeze list')}.`,
    });
  return found === null
    ? refuse({
        code: 'status',
        did: 'Not ended',
        name,
        status: 'not on now',
        fix: say`To leave out the next one, ${command(`freeze skip ${number} "why"`)}; to end it for good, ${command(`freeze stop ${number} "why"`)}.`,
      })
    : allow(found);
};

export const endByCommand = async (request: CommandRequest, sub: keyof typeof ENDINGS): Promise<Answer> => {
  const { found, reason } = await freezeMeant(request, request.words.slice(1));
  const { example, done } = ENDINGS[sub];
  if (found === null) {
    const [, reference] = request.words;
    return refused(
      reference === undefined
        ? { code: 'ambiguous', what: 'freeze', examples: [example] }
        : { code: 'not_found', what: 'freeze', reference, fix: say`See them with ${command('freeze list')}.` },
    );
  }
  const meant = endMeant(found, sub, request.ctx.now);
  if (!meant.ok) return refused(meant.refusal);
  const { id, name, startsAt } = meant.value;
  const ctx = { ...request.ctx, actor: request.actor };
  const decision = await performOnWorkspace(request.deps, ctx, freezeVerbs.end, { freeze: id, reason });
  return answerTo(decision, () =>
    tell([
      startsAt > request.ctx.now && dayOf(id) !== null
        ? md`${done}: ${name} of ${dateToken(startsAt)} does not take place.`
        : md`${done}: ${name}. Nothing that it held starts by itself; the owners choose.`,
    ]),
  );
};

/** `freeze extend 3 until Fri 18:00 "the campaign is late"`; the word has to fit the time. */
export const moveEndByCommand = async (request: CommandRequest, word: 'extend' | 'shorten'): Promise<Answer> => {
  const example = `freeze ${word} 3 until Fri 18:00 "the campaign is late"`;
  const until = request.words.findIndex((each) => each.toLowerCase() === 'until');
  if (until < 2) return refused({ code: 'ambiguous', what: 'freeze and its new end', examples: [example] });
  const name = request.words.slice(1, until);
  const { found: declared } = await freezeMeant(request, name);
  const found = declared === null ? null : nextOf(declared, request.ctx.now);
  if (declared !== null && found === null)
    return refused({
      code: 'status',
      did: 'Not moved',
      name: `freeze ${declared.freeze.number} (${declared.freeze.name})`,
      status: 'over: none of it comes any more',
      fix: say`Declare another one with ${command('freeze new')}.`,
    });
  if (found === null)
    return refused({
      code: 'not_found',
      what: 'freeze',
      reference: name.join(' '),
      fix: say`See them with ${command('freeze list')}.`,
    });
  // The reason stands last, in quotes: it is one word then.
  const quoted = /["“”„]\s*$/.test(request.text);
  const said = request.words.slice(until + 1);
  const when = quoted ? said.slice(0, -1) : said;
  const read = typedTime(when.join(' '), request.person.zone, request.ctx.now);
  if (!read.ok)
    return refused({ code: 'fields', problems: [{ field: 'until', problem: say`Not moved: ${read.problem}` }] });
  const endsAt = read.time.start;
  const past = endsAt <= request.ctx.now;
  if (!past && endsAt > found.endsAt !== (word === 'extend') && endsAt !== found.endsAt)
    return refused({
      code: 'fields',
      problems: [
        {
          field: 'until',
          problem: say`Not moved: it ends ${at(found.endsAt)}, and ${at(endsAt)} would ${word === 'extend' ? 'shorten' : 'extend'} it. Say ${command(`freeze ${word === 'extend' ? 'shorten' : 'extend'} …`)} if that is meant.`,
        },
      ],
    });
  const reason = quoted ? asText(said.slice(-1)) : '';
  const input = { freeze: found.id, endsAt, reason };
  const decision = await performOnWorkspace(
    request.deps,
    { ...request.ctx, actor: request.actor },
    freezeVerbs.moveEnd,
    input,
  );
  return answerTo(decision, () =>
    tell([
      md`${found.name} ends ${dateToken(endsAt)}${typedBeside(read.time.typed)} now, was ${dateToken(found.endsAt)}. Everybody who was told of it hears it.`,
    ]),
  );
};
