/** Who is told what by an act, where a wrong word or a missing call would leave people waiting. */
import { describe, expect, it } from 'vitest';
import { problemWords } from '../../src/announcements/problem-words.ts';
import { publicState } from '../../src/announcements/public-state.ts';
import { approve } from '../../src/domain/approval/decide.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import type { Deployment } from '../../src/domain/deployment/deployment.ts';
import { startRollback } from '../../src/domain/deployment/rollback.ts';
import { judgeEmergency } from '../../src/domain/emergency/emergency.ts';
import { channelId, userId } from '../../src/domain/ids.ts';
import { addChange } from '../../src/domain/plan/changes.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import { settle } from '../../src/domain/settle.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR, type Instant, instant, MINUTE } from '../../src/domain/time.ts';
import { wakeAt } from '../../src/domain/wake.ts';
import { messagesFor } from '../../src/situation/messages-for.ts';
import { nudgesFor } from '../../src/situation/nudges-for.ts';
import { seenBy } from '../../src/situation/seen-by.ts';
import { textOf } from '../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aCatalogOf,
  aDeployment,
  afterOf,
  aGrant,
  anAct,
  aRelease,
  aRule,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
  RITA,
} from '../support/builders.ts';
import { approved } from '../support/deploying.ts';

const newId = counting();

describe('what stakeholders read', () => {
  it.each([
    ['staging', 'coming'],
    ['production', 'being repaired'],
  ])('of a release that went to %s is %s: only where it was meant to go counts', (environment, words) => {
    const seen = seenBy(
      aSituation({
        release: aRelease({ state: approved, customers: 'Faster' }),
        deployments: [aDeployment({ environment, state: 'succeeded', finishedAt: NOW })],
      }),
      ADAM,
    );
    expect(seen && publicState(seen)).toBe(words);
  });
});

describe('a problem that stakeholders were told of', () => {
  const bad = aDeployment({ environment: 'production', state: 'failed', finishedAt: NOW });
  const back = aDeployment({
    environment: 'production',
    kind: 'rollback',
    version: '2.13.1',
    state: 'succeeded',
    startedAt: after(NOW, MINUTE),
    finishedAt: after(NOW, 5 * MINUTE),
  });
  const words = (state: ReleaseState, deployments: readonly Deployment[]): { solved: boolean; words: string } => {
    const seen = seenBy(
      aSituation({ release: aRelease({ state, customers: 'Faster', everAsked: true }), deployments }),
      ADAM,
    );
    if (seen === null) throw new Error('not seen');
    const told = problemWords(seen, deployments[0] ?? null);
    return { solved: told.solved, words: textOf(told.words) };
  };
  const rolledBack: ReleaseState = { status: 'rolled_back', since: after(NOW, 5 * MINUTE), to: '2.13.1', reason: 'x' };
  const reworked: ReleaseState = {
    status: 'draft',
    since: after(NOW, HOUR),
    returned: { why: 'reworked', by: OWNER, reason: null },
  };
  const closed: ReleaseState = {
    status: 'closed',
    since: after(NOW, 90 * HOUR),
    by: OWNER,
    outcome: 'rolled back',
    from: rolledBack,
  };
  const live: ReleaseState = { status: 'deployed', since: after(NOW, 50 * HOUR), before: '2.13.1', healthy: null };
  const again = aDeployment({ environment: 'production', startedAt: after(NOW, 49 * HOUR) });

  it('is solved by going back, at that time, and stays so whatever comes later', () => {
    const first = words(rolledBack, [bad, back]);
    expect(first.solved).toBe(true);
    expect(first.words).toContain(String(Date.parse(after(NOW, 5 * MINUTE)) / 1000));
    expect(words(reworked, [bad, back])).toEqual(first);
    expect(words(closed, [bad, back]).words).toContain(String(Date.parse(after(NOW, 5 * MINUTE)) / 1000));
    const second = words(live, [bad, back, { ...again, state: 'succeeded', finishedAt: live.since }]);
    expect(second).toMatchObject({ solved: true });
    expect(second.words).not.toContain('comes later');
  });

  it('is not solved by a rework alone', () => expect(words(reworked, [bad]).solved).toBe(false));

  it('is told anew when what is live goes back', () => {
    const went = aDeployment({ environment: 'production', state: 'succeeded', finishedAt: NOW });
    const catalog = {
      ...aSituation().around.catalog,
      announce: [{ when: {}, to: [channelId('C0NEWS')], audience: 'stakeholders' as const }],
    };
    const release = aRelease({ state: live, customers: 'Faster' });
    const s = aSituation({ release, deployments: [went], around: { catalog } });
    const { after: next, events } = done(startRollback(s, 'Baskets are empty', anAct(ADAM, NOW, newId)));
    const named = events.map((event) => ({ ...event, id: newId('event') }));
    const wanted = messagesFor(s, next, named, ADAM, NOW);
    expect(wanted.map(({ kind, place }) => `${kind} ${place}`)).toEqual(
      expect.arrayContaining(['stakeholder-problem C0NEWS', `news ${OWNER}`]),
    );
  });
});

describe('what time took back at night', () => {
  const night = instant('2026-03-04T03:00:00Z');
  const morning = instant('2026-03-04T09:00:00Z');
  const asked = afterOf(submit(aSituation(), anAct(OWNER, NOW, newId)));
  const s: Situation = { ...asked, round: asked.round === null ? null : { ...asked.round, expiresAt: night } };
  const expired = settle(s, night, newId);
  const named = expired.events.map((event) => ({ ...event, byItself: true as const, id: newId('event') }));
  const told = (now: Instant) =>
    [...messagesFor(s, expired.after, named, 'signalbox', now), ...nudgesFor(expired.after, now)]
      .filter(({ kind }) => kind === 'news')
      .map(({ audience, occurrence }) => `${audience} ${occurrence ?? ''}`);

  it('is told its owner in the morning, once, and the clock wakes for it', () => {
    expect(told(night)).toEqual([]);
    expect(wakeAt(expired.after, night)).toBe(morning);
    expect(new Set(told(morning))).toEqual(new Set([`${OWNER} returned ${night}`]));
  });
});

describe('a group above fifteen', () => {
  const people = Array.from({ length: 20 }, (_, n) => userId(`U9LEAD${n}`));
  const base = aCatalogOf({ all: [aRule({ groups: ['leads'] })] });
  const catalog = {
    ...base,
    groups: { ...base.groups, leads: { people, slack: { id: 'S1', handle: '@leads', team: null, typed: [] } } },
  };

  it('is called in the thread of a second round as in the first', () => {
    const asked = afterOf(submit(aSituation({ around: { catalog } }), anAct(OWNER, NOW, newId)));
    const given = afterOf(approve(asked, { hash: null, comment: null }, anAct(people[0], NOW, newId)));
    const change = { title: 'One more', link: null, type: 'other', author: OWNER, customers: false } as const;
    const { after: next, events } = done(addChange(given, change, anAct(OWNER, NOW, newId)));
    const named = events.map((event) => ({ ...event, id: newId('event') }));
    const lines = messagesFor(given, next, named, OWNER, NOW).filter(({ kind }) => kind === 'thread-line');
    const opened = named.find(({ kind }) => kind === 'round.opened');
    expect(next.round?.asks).toEqual([]);
    // All that one act brought is one reply.
    expect(lines).toHaveLength(1);
    expect([lines[0]?.subject, ...(lines[0]?.occurrence?.split(' ') ?? [])]).toContain(opened?.id);
  });
});

const nudges = (s: Situation, now: Instant): readonly string[] =>
  nudgesFor(s, now).map(({ kind, audience, occurrence }) => `${kind} ${audience} ${occurrence ?? ''}`);

describe('an emergency', () => {
  const grant = aGrant({ expiresAt: instant('2026-03-03T20:00:00Z') });
  const unused: Situation = { ...aSituation(), breakGlass: grant };
  const morning = instant('2026-03-04T09:00:00Z');

  it('that nobody used ends with a word to whoever declared it, at once', () => {
    expect(wakeAt(unused, after(grant.expiresAt, -1))).toBe(grant.expiresAt);
    expect(nudges(unused, grant.expiresAt)).toEqual([`news ${OWNER} emergency over ${grant.id}`]);
    expect(nudges(unused, after(morning, 7 * DAY))).toEqual([]);
  });

  it('that nobody judged in time is asked of all who could, once', () => {
    const used: Situation = { ...unused, breakGlass: { ...grant, usedBy: aDeployment().id } };
    expect(nudges(used, after(grant.judgeBy, -1))).toEqual([]);
    expect(wakeAt(used, after(grant.judgeBy, -1))).toBe(grant.judgeBy);
    const asked = nudges(used, grant.judgeBy);
    expect(asked).toContain(`emergency-judge ${RITA} late`);
    expect(asked).toContain(`emergency-judge ${ADAM} late`);
    expect(asked.some((each) => each.includes(OWNER))).toBe(false);
    expect(
      nudges({ ...used, breakGlass: { ...grant, usedBy: aDeployment().id, verdict: 'justified' } }, grant.judgeBy),
    ).toEqual([]);
  });

  it('that was justified is told to whoever declared it', () => {
    const used: Situation = { ...unused, breakGlass: { ...grant, usedBy: aDeployment().id } };
    const { after: next, events } = done(judgeEmergency(used, { verdict: 'justified' }, anAct(RITA, NOW, newId)));
    const named = events.map((event) => ({ ...event, id: newId('event') }));
    expect(messagesFor(used, next, named, RITA, NOW).filter(({ kind }) => kind === 'notice')).toMatchObject([
      { audience: OWNER },
    ]);
  });
});

describe('the planned time', () => {
  const start = instant('2026-03-04T03:00:00Z');
  const planned = aSituation({ release: aRelease({ state: approved, when: { kind: 'at', start, end: null } }) });

  it('is told to whoever starts it when it comes, whatever the hour, and once', () => {
    expect(nudges(planned, after(start, -1))).toEqual([]);
    expect(wakeAt(planned, NOW)).toBe(start);
    expect(nudges(planned, start)).toEqual([`news ${OWNER} turn ${start}`]);
    // What it could not be started for at night is told in working hours.
    expect(nudges(planned, after(start, 2 * HOUR))).toEqual([]);
    expect(nudges(planned, after(start, 7 * HOUR))).toEqual(nudges(planned, start));
    expect(nudges(planned, after(start, 9 * DAY))).toEqual([]);
  });

  it('is not told to whoever made it free just now', () => {
    expect(nudgesFor(planned, start, OWNER)).toEqual([]);
    expect(nudgesFor(planned, start, ADAM)).toHaveLength(1);
  });

  it('rings for nobody where something is in the way, or where it was approved only afterwards', () => {
    const hold = { by: OWNER, since: NOW, reason: 'x', until: null };
    expect(nudges({ ...planned, release: { ...planned.release, hold } }, start)).toEqual([]);
    const later = { ...approved, since: after(start, 1) };
    expect(nudges({ ...planned, release: { ...planned.release, state: later } }, after(start, HOUR))).toEqual([]);
  });
});
