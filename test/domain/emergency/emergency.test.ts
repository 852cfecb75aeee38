import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import {
  anotherSecond,
  breakGlass,
  confirmEmergency,
  emergencyStopped,
  judgeEmergency,
  judgesOf,
  keptFromIt,
} from '../../../src/domain/emergency/emergency.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, instant, MINUTE } from '../../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aGrant,
  anAct,
  aSituation,
  BELLA,
  counting,
  done,
  NOW,
  OWNER,
  QUINN,
  RITA,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const words = 'The basket is down for every customer in Europe';
const input = { environment: 'production', justification: words, incident: null };
const production = { environment: 'production', reason: null };

/** At ten in London it is night in Auckland: those in reach are the only ones awake. */
const inReach = (reachable: readonly UserId[], s: Situation = aSituation()): Situation => {
  const asleep = [OWNER, ADAM, BELLA, QUINN, RITA].filter((id) => !reachable.includes(id));
  return { ...s, around: { ...s.around, zones: Object.fromEntries(asleep.map((id) => [id, 'Pacific/Auckland'])) } };
};
const glass = (s: Situation, reachable: readonly UserId[] = []): Situation =>
  done(breakGlass(inReach(reachable, s), input, by())).after;

describe('breaking the glass', () => {
  it('with nobody in reach is in force at once, for four hours and one environment', () => {
    const { after: s, events } = done(breakGlass(inReach([]), { ...input, incident: 'INC-7' }, by()));
    expect(s.breakGlass).toEqual({
      id: s.breakGlass?.id,
      environment: 'production',
      justification: words,
      incident: 'INC-7',
      by: OWNER,
      second: null,
      grantedAt: NOW,
      expiresAt: '2026-03-03T14:00:00.000Z',
      usedBy: null,
      judgeBy: '2026-03-05T10:00:00.000Z',
      verdict: null,
      judgedBy: null,
      judgedAt: null,
    });
    expect(events).toMatchObject([
      {
        kind: 'breakglass.granted',
        data: { environment: 'production', second: null, until: '2026-03-03T14:00:00.000Z' },
        words,
      },
    ]);
  });

  it('with somebody in reach is in force ten minutes later, and lasts four hours from then', () => {
    const { after: s, events } = done(breakGlass(inReach([ADAM]), input, by()));
    expect(s.breakGlass).toMatchObject({
      second: ADAM,
      grantedAt: '2026-03-03T10:10:00.000Z',
      expiresAt: '2026-03-03T14:10:00.000Z',
    });
    expect(events).toMatchObject([{ data: { second: ADAM, until: '2026-03-03T14:10:00.000Z' } }]);
  });

  it('is loud: what was a private draft is none any more', () => {
    expect(glass(aSituation()).release.everAsked).toBe(true);
  });

  it.each([
    ['an owner of the service', [ADAM], ADAM],
    ['a release manager', [RITA], RITA],
    ['nobody who only owns a gate', [QUINN], null],
    ['nobody who breaks it', [OWNER], null],
  ])('asks as second person %s', (_, reachable, second) => {
    expect(glass(aSituation(), reachable).breakGlass?.second).toBe(second);
  });

  it('asks somebody else when the first has left; nobody, where nobody else is in reach', () => {
    const s = glass(aSituation(), [ADAM, BELLA]);
    expect([s.breakGlass?.second, anotherSecond(s, NOW)]).toEqual([ADAM, null]);
    const given = { ...s, around: { ...s.around, inactive: [ADAM] } };
    expect(anotherSecond(given, NOW)?.after.breakGlass?.second).toBe(BELLA);
    const left = { ...given, around: { ...given.around, inactive: [ADAM, BELLA, RITA] } };
    expect(anotherSecond(left, NOW)?.after.breakGlass?.second).toBeNull();
    expect(anotherSecond(given, after(NOW, HOUR))).toBeNull();
    expect(settle(given, NOW, newId).after.breakGlass?.second).toBe(BELLA);
  });

  it('asks nobody who was deactivated', () => {
    const s = aSituation({ around: { inactive: [ADAM] } });
    expect(glass(s, [ADAM]).breakGlass?.second).toBeNull();
    expect(glass(s, [ADAM, BELLA]).breakGlass?.second).toBe(BELLA);
  });

  it.each([
    ['Tuesday', '2026-03-03T10:00:00Z', '2026-03-05T10:00:00.000Z'],
    ['Thursday', '2026-03-05T22:15:00Z', '2026-03-09T22:15:00.000Z'],
    ['Friday', '2026-03-06T10:00:00Z', '2026-03-10T10:00:00.000Z'],
    ['Saturday', '2026-03-07T10:00:00Z', '2026-03-10T10:00:00.000Z'],
    ['the Friday before the clocks change', '2026-03-27T10:00:00Z', '2026-03-31T09:00:00.000Z'],
  ])('on %s is judged within two working days', (_, now, judgeBy) => {
    const s = done(breakGlass(aSituation(), input, by(OWNER, instant(now)))).after;
    expect(s.breakGlass?.judgeBy).toBe(judgeBy);
  });
});

describe('the justification', () => {
  it.each([
    ['30 letters', 'x'.repeat(30), true],
    ['29 letters', 'x'.repeat(29), false],
    ['29 letters and blanks around them', `  ${'x'.repeat(29)}  `, false],
    ['29 emoji, which are 58 units of UTF-16', '🔥'.repeat(29), false],
    ['30 emoji', '🔥'.repeat(30), true],
    ['nothing', '', false],
  ])('of %s', (_, justification, ok) => {
    const decision = breakGlass(aSituation(), { ...input, justification }, by());
    expect(decision.ok).toBe(ok);
    if (!ok) expect(refusalOf(decision)).toMatchObject({ code: 'fields', problems: [{ field: 'reason' }] });
  });
});

describe('the next emergency', () => {
  it('of the same person waits until the last one was judged, and the refusal names it', () => {
    const s = aSituation({ around: { unjudged: { by: OWNER, key: 'REL-99' } } });
    expect(refusalOf(breakGlass(s, input, by()))).toEqual({ code: 'breakglass.blocked', name: 'REL-99', yours: true });
  });

  it('of the same release waits as well', () => {
    const s = aSituation({ breakGlass: aGrant({ usedBy: aDeployment().id }) });
    expect(refusalOf(breakGlass(s, input, by()))).toEqual({
      code: 'breakglass.blocked',
      name: 'checkout 2.14.0',
      yours: false,
    });
  });

  it.each([
    ['somebody else has one to be judged', aSituation({ around: { unjudged: { by: ADAM, key: 'REL-99' } } })],
    ['the last one was judged', aSituation({ breakGlass: aGrant({ usedBy: aDeployment().id, verdict: 'justified' }) })],
    ['the last one was never used', aSituation({ breakGlass: aGrant({ expiresAt: after(NOW, -DAY) }) })],
  ])('is granted although %s', (_, s) => {
    expect(done(breakGlass(s, input, by())).after.breakGlass).toMatchObject({ usedBy: null, verdict: null });
  });
});

describe('the second person', () => {
  const waiting = (): Situation => glass(aSituation(), [ADAM]);

  it('puts it in force at once, until the time that was said', () => {
    const at = after(NOW, 3 * MINUTE);
    const { after: s, events } = done(confirmEmergency(waiting(), by(ADAM, at)));
    expect(s.breakGlass).toMatchObject({ grantedAt: at, expiresAt: after(NOW, 4 * HOUR + 10 * MINUTE), second: ADAM });
    expect(events).toMatchObject([{ kind: 'breakglass.confirmed', data: { environment: 'production' } }]);
  });

  it.each([BELLA, OWNER, RITA])('is the only one who can: not %s', (who) => {
    expect(refusalOf(confirmEmergency(waiting(), by(who)))).toEqual({
      code: 'forbidden',
      did: 'Not confirmed',
      because: ['this is for its second person'],
      can: ['These can: ', { person: ADAM }, '.'],
    });
  });

  it('has ten minutes, after which there is nothing to confirm', () => {
    expect(confirmEmergency(waiting(), by(ADAM, after(NOW, 10 * MINUTE - 1))).ok).toBe(true);
    expect(refusalOf(confirmEmergency(waiting(), by(ADAM, after(NOW, 10 * MINUTE))))).toMatchObject({
      code: 'not_found',
      what: 'emergency to confirm of',
      reference: 'checkout 2.14.0',
    });
  });

  it.each([
    ['there is no emergency', aSituation()],
    ['it is in force without one', aSituation({ breakGlass: aGrant() })],
    [
      'it was used already',
      aSituation({
        breakGlass: aGrant({ second: ADAM, grantedAt: after(NOW, MINUTE), usedBy: aDeployment().id }),
      }),
    ],
  ])('has nothing to confirm when %s', (_, s) => {
    expect(refusalOf(confirmEmergency(s, by(ADAM))).code).toBe('not_found');
  });
});

describe('the judgement', () => {
  it('is for owners of the service and release managers, not for the one who broke the glass or left', () => {
    expect(judgesOf(aSituation({ breakGlass: aGrant() }))).toEqual([RITA, ADAM, BELLA]);
    expect(judgesOf(aSituation({ breakGlass: aGrant({ by: RITA }) }))).toEqual([OWNER, ADAM, BELLA]);
    expect(judgesOf(aSituation({ breakGlass: aGrant(), around: { inactive: [BELLA] } }))).toEqual([RITA, ADAM]);
  });

  it('counts somebody in both groups once', () => {
    const catalog = aCatalog({
      groups: { owners: { people: [OWNER, ADAM], slack: null }, managers: { people: [ADAM, RITA], slack: null } },
    });
    expect(judgesOf(aSituation({ breakGlass: aGrant(), around: { catalog } }))).toEqual([ADAM, RITA]);
  });

  it.each(['justified', 'not justified'] as const)('%s is recorded with who and when', (verdict) => {
    const s = aSituation({ breakGlass: aGrant({ usedBy: aDeployment().id }) });
    const { after: next, events } = done(judgeEmergency(s, { verdict }, by(ADAM, after(NOW, DAY))));
    expect(next.breakGlass).toMatchObject({ verdict, judgedBy: ADAM, judgedAt: after(NOW, DAY) });
    expect(events).toMatchObject([{ kind: 'breakglass.judged', data: { verdict } }]);
  });

  it.each([OWNER, QUINN])('is refused to %s, with those who can', (who) => {
    const s = aSituation({ breakGlass: aGrant() });
    expect(refusalOf(judgeEmergency(s, { verdict: 'justified' }, by(who)))).toEqual({
      code: 'approval.not_eligible',
      did: 'Not judged',
      groups: ['owners'],
      can: [RITA, ADAM, BELLA],
    });
  });

  it.each([
    ['no emergency', aSituation()],
    ['one that was judged', aSituation({ breakGlass: aGrant({ verdict: 'not justified', judgedBy: BELLA }) })],
  ])('has nothing to judge where there is %s', (_, s) => {
    expect(refusalOf(judgeEmergency(s, { verdict: 'justified' }, by(ADAM)))).toMatchObject({
      code: 'not_found',
      what: 'emergency to judge of',
    });
  });
});

describe('an emergency that was not used yet', () => {
  const declared = (reachable: readonly UserId[] = [ADAM]): Situation => glass(asked(), reachable);

  it.each([
    ['waits for its second person', NOW],
    ['is open', after(NOW, HOUR)],
  ])(
    'and %s is stopped by “not justified”: nothing starts, nothing is confirmed, it is judged no second time',
    (_, now) => {
      const s = done(judgeEmergency(declared(), { verdict: 'not justified' }, by(BELLA, now))).after;
      for (const later of [now, after(NOW, HOUR), after(NOW, 3 * HOUR)])
        expect(refusalOf(startDeployment(s, production, by(OWNER, later))).code).toBe('not_ready');
      expect(refusalOf(confirmEmergency(s, by(ADAM))).code).toBe('not_found');
      expect(refusalOf(judgeEmergency(s, { verdict: 'not justified' }, by(RITA, now))).code).toBe('not_found');
    },
  );

  it('cannot be called justified', () => {
    expect(refusalOf(judgeEmergency(declared(), { verdict: 'justified' }, by(BELLA)))).toMatchObject({
      code: 'status',
      did: 'Not judged',
    });
  });

  it('is over after its time: nothing to judge, nothing that stands in the way of closing or of the next one', () => {
    const late = after(NOW, DAY);
    expect(refusalOf(judgeEmergency(declared(), { verdict: 'not justified' }, by(BELLA, late))).code).toBe('not_found');
    expect(breakGlass(declared(), input, by(OWNER, late)).ok).toBe(true);
  });

  it.each([
    ['while it waits', NOW],
    ['while it is open', after(NOW, HOUR)],
  ])('is declared once: a second one is refused %s', (_, now) => {
    expect(refusalOf(breakGlass(declared(), input, by(ADAM, now)))).toMatchObject({
      code: 'status',
      did: 'Not granted',
    });
  });

  it('says what it waits for, and when it can start, instead of what it skips', () => {
    const answer = readiness(declared(), 'production', NOW);
    expect(obstacles(answer).map(({ code }) => code)).toEqual(['emergency.granted']);
    expect(obstacles(answer)[0]?.sentence).toContainEqual({ person: ADAM });
    expect(answer.earliest).toBe(after(NOW, 10 * MINUTE));
  });

  it('stops nothing that may start without it, and is refused for it', () => {
    const s = done(approve(glass(asked(), [BELLA]), { hash: null, comment: null }, by(ADAM))).after;
    expect(obstacles(readiness(s, 'production', NOW))).toEqual([]);
    const free = done(approve(asked(), { hash: null, comment: null }, by(ADAM))).after;
    expect(refusalOf(breakGlass(free, input, by()))).toMatchObject({ code: 'status', did: 'Not granted' });
    expect(emergencyStopped(free, OWNER, NOW)).toMatchObject({ code: 'status' });
  });

  it('that a judge stopped is not declared again by the same person the same day', () => {
    const stopped = done(judgeEmergency(glass(asked()), { verdict: 'not justified' }, by(RITA))).after;
    expect(refusalOf(breakGlass(stopped, input, by()))).toMatchObject({ code: 'forbidden' });
    expect(breakGlass(stopped, input, by(OWNER, after(NOW, DAY))).ok).toBe(true);
    expect(breakGlass(stopped, input, by(BELLA)).ok).toBe(true);
  });
});

const asked = (): Situation => done(submit(aSituation(), by())).after;

describe('an emergency, from end to end', () => {
  it('overtakes an open round: nobody can decide it any more, and time does not bring it back', () => {
    const s = done(startDeployment(glass(asked()), production, by())).after;
    expect(refusalOf(approve(s, { hash: null, comment: null }, by(ADAM))).code).toBe('approval.no_round');
    const failed = done(failDeployment(s, { environment: null, reason: 'x' }, by())).after;
    expect(settle(failed, after(NOW, 30 * DAY), newId).after.release.state.status).toBe('failed');
  });

  it('is good for one deployment: the retry needs an approval', () => {
    const started = done(startDeployment(glass(aSituation()), production, by())).after;
    const failed = done(failDeployment(started, { environment: null, reason: 'x' }, by())).after;
    expect(refusalOf(startDeployment(failed, production, by()))).toMatchObject({
      code: 'not_ready',
      obstacles: [{ code: 'approval.pending' }],
    });
  });

  it('with a second person in reach waits for their confirmation, or ten minutes', () => {
    const s = glass(asked(), [ADAM]);
    expect(refusalOf(startDeployment(s, production, by())).code).toBe('not_ready');
    expect(startDeployment(done(confirmEmergency(s, by(ADAM))).after, production, by()).ok).toBe(true);
    expect(refusalOf(startDeployment(s, production, by(OWNER, after(NOW, 10 * MINUTE - 1)))).code).toBe('not_ready');
    expect(startDeployment(s, production, by(OWNER, after(NOW, 10 * MINUTE))).ok).toBe(true);
  });
});

describe('before a form is filled in', () => {
  it.each([
    ['with nothing in the way', aSituation(), null],
    ['with one that waits or is open', glass(aSituation()), 'status'],
    [
      'with one of this release that nobody has judged',
      { ...aSituation(), breakGlass: aGrant({ usedBy: aDeployment().id }) },
      'breakglass.blocked',
    ],
    [
      'with one of theirs elsewhere',
      aSituation({ around: { unjudged: { by: OWNER, key: 'REL-9' } } }),
      'breakglass.blocked',
    ],
    ['with one that ran out', { ...aSituation(), breakGlass: aGrant({ expiresAt: NOW }) }, null],
  ] as const)('it is told %s', (_, s, code) => expect(emergencyStopped(s, OWNER, NOW)?.code ?? null).toBe(code));
});

describe('what an emergency does not skip', () => {
  it('is a hold, a lock and what runs there', () => {
    expect(keptFromIt(aSituation(), 'production', OWNER, NOW)).toEqual([]);
    const held = aSituation();
    const hold = { by: RITA, since: NOW, until: null, reason: 'the DBA' };
    const s = { ...held, release: { ...held.release, hold } } as Situation;
    expect(keptFromIt(s, 'production', OWNER, NOW).map(({ code }) => code)).toEqual(['release.hold']);
  });

  it('nor is what can never start: that is refused at once', () => {
    const s = aSituation();
    const deployed = {
      ...s,
      release: { ...s.release, state: { status: 'deployed', since: NOW, before: null, healthy: true } },
    } as Situation;
    expect(emergencyStopped(deployed, OWNER, NOW)).toMatchObject({ code: 'forbidden', did: 'Not granted' });
  });
});
