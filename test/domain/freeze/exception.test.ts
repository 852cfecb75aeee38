import { describe, expect, it } from 'vitest';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { nextStep } from '../../../src/domain/deployment/rollout-acts.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import {
  cannotWait,
  decideException,
  type ExceptionInput,
  endedInVain,
  exceptionReminder,
  freezeToExcept,
  isWanted,
  requestException,
  revokeException,
} from '../../../src/domain/freeze/exception.ts';
import type { UserId } from '../../../src/domain/ids.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR, type Instant, instant, MINUTE } from '../../../src/domain/time.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import { nudgesFor } from '../../../src/situation/nudges-for.ts';
import {
  ADAM,
  aCatalog,
  aFreeze,
  aGrant,
  anAct,
  aRelease,
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
import { approved } from '../../support/deploying.ts';
import { verifying } from '../../support/verifying.ts';

const newId = counting();
const by = (who: UserId = OWNER, now = NOW) => anAct(who, now, newId);
const FREEZE = aFreeze({ number: 4, endsAt: instant('2026-03-04T07:00:00Z') });
const frozen = (more: Parameters<typeof aSituation>[0] = {}): Situation =>
  aSituation({ ...more, around: { freezes: [FREEZE], ...more.around } });
const input = { environment: 'production', reason: 'Customers cannot pay' };
const requested = (s: Situation = frozen()): Situation => done(requestException(s, input, by())).after;
const idOf = (s: Situation): string => s.exceptions.at(-1)?.id ?? '';
const decide = (s: Situation, who: UserId, verdict: 'granted' | 'denied' = 'granted') =>
  decideException(
    s,
    { exception: idOf(s), verdict, reason: verdict === 'denied' ? 'it can wait' : null },
    by(who, after(NOW, HOUR)),
  );
const stops = (s: Situation, environment = 'production') =>
  obstacles(readiness(s, environment, after(NOW, HOUR))).some(({ code }) => code === 'freeze.active');

describe('what came to nothing', () => {
  const asked = requested();
  const until = asked.exceptions[0]?.validUntil ?? NOW;
  const longer = (s: Situation): Situation => ({
    ...s,
    around: { ...s.around, freezes: [{ ...FREEZE, endsAt: after(until, DAY) }] },
  });
  const first = (s: Situation) => s.exceptions[0] as (typeof s.exceptions)[number];

  it('is what nobody decided, or used, while the freeze still holds it', () => {
    const granted = longer(done(decide(asked, RITA)).after);
    expect(endedInVain(first(granted), granted, until)).toBe(true);
    expect(endedInVain(first(longer(asked)), longer(asked), until)).toBe(true);
    expect(endedInVain(first(granted), granted, after(until, -1))).toBe(false);
  });

  it.each([
    ['was denied', longer(done(decide(asked, RITA, 'denied')).after)],
    ['ended with its freeze', asked],
    [
      'was of what is over',
      {
        ...longer(asked),
        release: {
          ...asked.release,
          state: { status: 'cancelled', since: NOW, by: OWNER, reason: 'x', replacedBy: null, from: null },
        },
      } as Situation,
    ],
  ])('is nothing that %s', (_, s) => expect(endedInVain(first(s), s, until)).toBe(false));
});

describe('who decides it, once more', () => {
  it.each([
    ['customers are hit now', 15 * MINUTE],
    ['today', 2 * HOUR],
    ['before the freeze ends', DAY],
    [null, DAY],
  ] as const)('is asked by how urgent it is: %s', (urgency, ms) => {
    const long = frozen({ around: { freezes: [{ ...FREEZE, endsAt: after(NOW, 3 * DAY) }] } });
    const s = done(requestException(long, { ...input, urgency }, by())).after;
    const [exception] = s.exceptions;
    if (exception === undefined) throw new Error('it was asked for');
    expect(exceptionReminder(exception, s, NOW)).toBe(after(NOW, ms));
    const decided = done(decide(s, RITA)).after.exceptions[0];
    expect(decided === undefined ? undefined : exceptionReminder(decided, s, NOW)).toBeNull();
  });

  it('gets one message more, and is woken for it', () => {
    const s = done(requestException(frozen(), { ...input, urgency: 'customers are hit now' }, by())).after;
    const asked = (minutes: number) =>
      nudgesFor(s, after(NOW, minutes * MINUTE)).filter(({ kind }) => kind === 'exception-ask');
    expect(asked(14)).toEqual([]);
    expect(asked(15)).toMatchObject([{ audience: RITA, occurrence: 'again', anyHour: true }]);
    expect(wakeAt(s, NOW)).toBe(after(NOW, 15 * MINUTE));
  });
});

describe('asking for an exception', () => {
  it('is for one release, one environment, and until the freeze ends', () => {
    const { after: s, events } = done(requestException(frozen(), input, by()));
    expect(s.exceptions).toEqual([
      {
        id: idOf(s),
        freeze: FREEZE.id,
        release: s.release.id,
        environment: 'production',
        reason: 'Customers cannot pay',
        urgency: null,
        blastRadius: null,
        rollback: 'Redeploy, 5 min',
        usedBy: null,
        requestedBy: OWNER,
        requestedAt: NOW,
        verdict: 'requested',
        decidedBy: null,
        decidedAt: null,
        reply: null,
        validUntil: '2026-03-04T07:00:00.000Z',
      },
    ]);
    expect(events).toMatchObject([
      {
        kind: 'exception.requested',
        data: { freeze: 4, environment: 'production' },
        subject: idOf(s),
        words: 'Customers cannot pay',
      },
    ]);
  });

  it('opens nothing yet', () => {
    expect(stops(requested())).toBe(true);
  });

  it('is from the freeze at its planned time, when it is free now', () => {
    const later = aFreeze({ startsAt: after(NOW, 5 * HOUR), endsAt: after(NOW, 9 * HOUR) });
    const when = { kind: 'at', start: after(NOW, 6 * HOUR), end: null } as const;
    const s = aSituation({ release: aRelease({ when }), around: { freezes: [later] } });
    expect(done(freezeToExcept(s, 'production', NOW)).id).toBe(later.id);
  });

  it.each([
    ['nothing is frozen', aSituation(), 'production'],
    ['only another environment is frozen', frozen(), 'staging'],
    ['its type is exempt', frozen({ release: aRelease({ type: 'emergency' }) }), 'production'],
  ])('is refused when %s', (_, s, environment) => {
    const refusal = refusalOf(requestException(s, { ...input, environment }, by()));
    expect(refusal).toMatchObject({
      code: 'status',
      did: 'Not asked',
      name: `checkout 2.14.0 in ${environment}`,
      status: 'not frozen',
    });
    expect(refusalOf(freezeToExcept(s, environment, NOW))).toEqual(refusal);
  });

  it.each(['', '  '])('needs to say why it cannot wait: %j does not', (reason) => {
    expect(refusalOf(requestException(frozen(), { ...input, reason }, by()))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });

  it('is refused while one is asked for, whoever asks', () => {
    expect(refusalOf(requestException(requested(), input, by(ADAM)))).toMatchObject({
      code: 'status',
      did: 'Not asked',
      name: 'an exception for checkout 2.14.0',
      status: 'asked for already',
      fix: ['It is decided by ', { group: 'managers' }, '.'],
    });
  });

  it('can be repeated after it was denied', () => {
    const denied = done(decide(requested(), RITA, 'denied')).after;
    expect(done(requestException(denied, input, by())).after.exceptions.map(({ verdict }) => verdict)).toEqual([
      'denied',
      'requested',
    ]);
  });

  it('can be for two environments that are frozen', () => {
    const everywhere = aFreeze({ scope: { services: [], environments: [] } });
    const s = requested(frozen({ around: { freezes: [everywhere] } }));
    expect(done(requestException(s, { ...input, environment: 'staging' }, by())).after.exceptions).toHaveLength(2);
  });
});

describe('deciding on an exception', () => {
  it.each([
    ['granted', false],
    ['denied', true],
  ] as const)('records who and when; %s, the freeze stops it: %s', (verdict, stopped) => {
    const { after: s, events } = done(decide(requested(), RITA, verdict));
    expect(s.exceptions).toMatchObject([{ verdict, decidedBy: RITA, decidedAt: after(NOW, HOUR) }]);
    expect(events).toMatchObject([
      {
        kind: 'exception.decided',
        data: { freeze: 4, environment: 'production', verdict },
        subject: idOf(s),
      },
    ]);
    expect(stops(s)).toBe(stopped);
  });

  it('changes no other one', () => {
    const everywhere = aFreeze({ scope: { services: [], environments: [] } });
    const first = requested(frozen({ around: { freezes: [everywhere] } }));
    const both = done(requestException(first, { ...input, environment: 'staging' }, by())).after;
    const s = done(decide(both, RITA)).after;
    expect(s.exceptions.map(({ environment, verdict }) => `${environment} ${verdict}`)).toEqual([
      'production requested',
      'staging granted',
    ]);
    expect([stops(s, 'production'), stops(s, 'staging')]).toEqual([true, false]);
  });

  it('replaces no approval', () => {
    const s = done(decide(requested(), RITA)).after;
    expect(obstacles(readiness(s, 'production', NOW)).map(({ code }) => code)).toEqual(['approval.pending']);
  });

  it('is never for whoever asked, also not for somebody who may decide others', () => {
    const groups = { ...aCatalog().groups, managers: { people: [RITA, BELLA], slack: null } };
    const s = done(requestException(frozen({ around: { catalog: aCatalog({ groups }) } }), input, by(RITA))).after;
    expect(refusalOf(decide(s, RITA))).toEqual({ code: 'exception.own', approvers: 'managers' });
  });

  it('is not asked for by the only one who may decide', () => {
    expect(refusalOf(requestException(frozen(), input, by(RITA)))).toMatchObject({
      code: 'forbidden',
      did: 'Not asked',
    });
  });

  it.each([ADAM, QUINN])('is refused to %s, who is not of its approvers', (who) => {
    expect(refusalOf(decide(requested(), who))).toEqual({
      code: 'exception.not_approver',
      approvers: 'managers',
      can: [RITA],
    });
  });

  it('is not for those who were deactivated, and names only those who are left', () => {
    const groups = { ...aCatalog().groups, managers: { people: [RITA, BELLA], slack: null } };
    const s = requested(frozen({ around: { catalog: aCatalog({ groups }), inactive: [RITA] } }));
    expect(refusalOf(decide(s, RITA))).toMatchObject({ code: 'exception.not_approver', can: [BELLA] });
    expect(decide(s, BELLA).ok).toBe(true);
  });

  it.each([
    ['none was asked for', frozen(), 'exc_9'],
    ['another one is meant', requested(), 'exc_9'],
    ['its freeze is gone', { ...requested(), around: aSituation().around }, null],
    ['it was decided before', done(decide(requested(), RITA, 'denied')).after, null],
  ])('is refused when %s', (_, s: Situation, id) => {
    const decision = decideException(s, { exception: id ?? idOf(s), verdict: 'granted', reason: null }, by(RITA));
    expect(refusalOf(decision)).toEqual({ code: 'exception.none', name: 'checkout 2.14.0' });
  });
});

describe('a denial', () => {
  it.each([null, '', '  '])('says why: not %j', (reason) => {
    const s = requested();
    expect(refusalOf(decideException(s, { exception: idOf(s), verdict: 'denied', reason }, by(RITA)))).toMatchObject({
      code: 'fields',
      problems: [{ field: 'reason' }],
    });
  });
});

describe('an exception that is asked for', () => {
  const exceptionOf = (s: Situation) => s.exceptions[0] as NonNullable<(typeof s.exceptions)[0]>;
  const wanted = (s: Situation, now = NOW) => isWanted(exceptionOf(s), s, now);
  const moved = (start: Instant): Situation => {
    const s = requested();
    return { ...s, release: { ...s.release, when: { kind: 'at', start, end: null } } };
  };

  it('waits while the freeze would stop the release, now or at its time', () => {
    expect(wanted(requested())).toBe(true);
    expect(wanted(moved(after(FREEZE.endsAt, -HOUR)))).toBe(true);
  });

  it('waits for nobody once it was moved out of the freeze, is over, or the freeze is gone', () => {
    const s = requested();
    expect(wanted(moved(after(FREEZE.endsAt, HOUR)))).toBe(false);
    const failed = { ...s.release, state: { status: 'failed' as const, since: NOW, reason: 'x' } };
    // A retry has to get through the freeze as well.
    expect(wanted({ ...s, release: failed })).toBe(true);
    const over = { ...s.release, state: { status: 'deployed' as const, since: NOW, before: null, healthy: null } };
    expect(wanted({ ...s, release: over })).toBe(false);
    expect(wanted({ ...s, around: aSituation().around })).toBe(false);
  });

  it('is not asked for what is planned for another time: it would be asked of nobody', () => {
    const s = frozen();
    const later: Situation = {
      ...s,
      release: { ...s.release, when: { kind: 'at', start: after(FREEZE.endsAt, HOUR), end: null } },
    };
    expect(refusalOf(requestException(later, input, by()))).toMatchObject({ code: 'status', did: 'Not asked' });
  });

  it('waits again once it was moved back into the freeze: it is not asked for twice', () => {
    const s = moved(after(FREEZE.endsAt, HOUR));
    const back: Situation = { ...s, release: { ...s.release, when: { kind: 'asap' } } };
    expect(refusalOf(requestException(back, input, by())).code).toBe('status');
  });
});

describe('an exception that was granted', () => {
  const granted = (): Situation => done(decide(requested(), RITA)).after;

  it('is over with the freeze that it is from: a longer one stops the release again', () => {
    const longer = { ...FREEZE, endsAt: after(FREEZE.endsAt, 24 * HOUR) };
    const s: Situation = { ...granted(), around: { ...frozen().around, freezes: [longer] } };
    const codes = (now: typeof NOW) => obstacles(readiness(s, 'production', now)).map(({ code }) => code);
    expect(codes(after(FREEZE.endsAt, -1))).not.toContain('freeze.active');
    expect(codes(FREEZE.endsAt)).toContain('freeze.active');
  });

  it('opens no other freeze', () => {
    const s = granted();
    expect(stops({ ...s, around: { ...s.around, freezes: [FREEZE, aFreeze({ name: 'Another' })] } })).toBe(true);
  });
});

describe('an exception', () => {
  const details = { ...input, urgency: 'today' as const, blastRadius: 'who pays by card', rollback: 'flip the flag' };
  // Under light rules nobody is asked, the second time as the first.
  const approvedOne = (): Situation =>
    frozen({ release: aRelease({ state: approved }), around: { catalog: aCatalog({ preset: 'light' }) } });
  const granted = (more: Partial<ExceptionInput> = {}): Situation => {
    const asked = done(requestException(approvedOne(), { ...details, ...more }, by())).after;
    return done(decide(asked, RITA)).after;
  };
  const start = (s: Situation, hours = 2) =>
    startDeployment(s, { environment: 'production', reason: null }, by(OWNER, after(NOW, hours * HOUR)));
  const revoke = (s: Situation, who: UserId = RITA, reason = 'the fix is wrong') =>
    revokeException(s, { exception: idOf(s), reason }, by(who, after(NOW, 2 * HOUR)));

  it('keeps what was said of it, and ends when it was asked to, never later than the freeze', () => {
    expect(granted().exceptions[0]).toMatchObject({ ...details, validUntil: FREEZE.endsAt });
    expect(granted({ until: after(NOW, 3 * HOUR) }).exceptions[0]?.validUntil).toBe(after(NOW, 3 * HOUR));
    expect(granted({ until: after(FREEZE.endsAt, HOUR) }).exceptions[0]?.validUntil).toBe(FREEZE.endsAt);
    const past = requestException(approvedOne(), { ...details, until: NOW }, by());
    expect(refusalOf(past)).toMatchObject({ code: 'fields', problems: [{ field: 'until' }] });
  });

  it('that ends before it could help is not asked for, and is not granted once it is over', () => {
    const planned = approvedOne();
    const when = { kind: 'at' as const, start: after(NOW, 10 * HOUR), end: null };
    const late = { ...planned, release: { ...planned.release, when } };
    expect(refusalOf(requestException(late, { ...details, until: after(NOW, 9 * HOUR) }, by()))).toMatchObject({
      problems: [{ field: 'until' }],
    });
    const short = done(requestException(planned, { ...details, until: after(NOW, HOUR / 2) }, by())).after;
    expect(refusalOf(decide(short, RITA))).toMatchObject({ code: 'status', did: 'Not decided', status: 'over' });
    expect(requestException(short, details, by(OWNER, after(NOW, HOUR))).ok).toBe(true);
  });

  it('is for one start: the next one is stopped again, and hears why', () => {
    const started = done(start(granted())).after;
    expect(started.exceptions[0]?.usedBy).toBe(started.deployments[0]?.id);
    const failed = done(
      failDeployment(started, { environment: null, reason: 'errors' }, by(OWNER, after(NOW, 3 * HOUR))),
    ).after;
    expect(start(failed, 4).ok).toBe(false);
    const check = readiness(failed, 'production', after(NOW, 4 * HOUR)).checks.find(
      ({ code }) => code === 'freeze.active',
    );
    expect(check?.besides).toEqual(['the exception was for one start, and is used']);
    const again = done(requestException(failed, details, by(OWNER, after(NOW, 4 * HOUR)))).after;
    expect(done(start(done(decide(again, RITA)).after, 5)).after.deployments).toHaveLength(2);
  });

  it('of another environment, or of another freeze that does not stop it, is not used', () => {
    const s = granted();
    const elsewhere = { ...s, exceptions: s.exceptions.map((each) => ({ ...each, environment: 'staging' })) };
    expect(start(elsewhere).ok).toBe(false);
    const [first] = s.exceptions;
    if (first === undefined) throw new Error('no exception');
    const idle = { ...first, id: 'exc_9' as never, freeze: aFreeze().id };
    const started = done(start({ ...s, exceptions: [first, idle] })).after;
    expect(started.exceptions.map(({ usedBy }) => usedBy === null)).toEqual([false, true]);
  });

  it('is used instead of an emergency, which is not needed where it lets it in', () => {
    const started = done(start({ ...granted(), breakGlass: aGrant() })).after;
    expect(started.exceptions[0]?.usedBy).not.toBeNull();
    expect(started.breakGlass?.usedBy).toBeNull();
  });

  it('that came while it rolled out lets that one deployment go on to its end', () => {
    const release = aRelease({ state: approved });
    const catalog = verifying({ strategy: 'rolling' });
    const open = aSituation({ release, around: { catalog } });
    const rolling = done(startDeployment(open, { environment: 'production', reason: null }, by())).after;
    const then = { ...rolling, around: { ...rolling.around, freezes: [FREEZE] } };
    const next = (s: Situation, hours: number) =>
      nextStep(s, { environment: null, reason: null }, by(OWNER, after(NOW, hours * HOUR)));
    expect(next(then, 1).ok).toBe(false);
    const asked = done(requestException(then, details, by())).after;
    const on = done(next(done(decide(asked, RITA)).after, 2)).after;
    expect(on.exceptions[0]?.usedBy).toBe(on.deployments[0]?.id);
    expect(next(on, 3).ok).toBe(true);
  });

  it('is taken back by those who may grant it, until it is used or over', () => {
    const { after: s, events } = done(revoke(granted()));
    expect(s.exceptions[0]).toMatchObject({ verdict: 'revoked', decidedBy: RITA, reply: 'the fix is wrong' });
    expect(events).toMatchObject([{ kind: 'exception.revoked', words: 'the fix is wrong' }]);
    expect(start(s).ok).toBe(false);
    expect(refusalOf(revoke(s)).code).toBe('exception.none');
    expect(refusalOf(revoke(granted(), OWNER)).code).toBe('exception.not_approver');
    expect(refusalOf(revoke(granted(), RITA, ' ')).code).toBe('fields');
    expect(refusalOf(revoke(done(start(granted())).after))).toMatchObject({ status: 'used already' });
    expect(refusalOf(revoke(granted({ until: after(NOW, 1.5 * HOUR) })))).toMatchObject({ status: 'over' });
  });
});

describe('whether it waits for the hours of whoever decides', () => {
  const night = instant('2026-03-03T22:00:00Z');
  const asked = (input: Partial<ExceptionInput>, ends = '2026-03-06T07:00:00Z') => {
    const s = frozen({ around: { freezes: [aFreeze({ number: 4, endsAt: instant(ends) })] } });
    const effect = done(requestException(s, { environment: 'production', reason: 'x', ...input }, by(OWNER, night)));
    const [exception] = effect.after.exceptions;
    if (exception === undefined) throw new Error('nothing was asked');
    return cannotWait(exception, effect.after, RITA, night);
  };
  it.each([
    ['customers are hit now', true],
    ['today', true],
    ['before the freeze ends', false],
    [null, false],
  ] as const)('asked at night: %s', (urgency, at) => {
    expect(asked({ urgency })).toBe(at);
  });
  it('does not, where it is over by then', () => {
    expect(asked({ urgency: 'before the freeze ends' }, '2026-03-04T07:00:00Z')).toBe(true);
  });
});
