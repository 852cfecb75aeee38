/**
 * Every surface agrees, over random situations: the card, its button, `/release why`, the mark of the status and the start itself give one
 * verdict, about now and about the planned time. The reference is `mayStart`, which knows nothing of the checks.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../../src/domain/deployment/start.ts';
import { dutiesOf } from '../../src/domain/duties.ts';
import type { Freeze } from '../../src/domain/freeze/calendar.ts';
import type { Release } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, HOUR, type Instant, instant } from '../../src/domain/time.ts';
import { whyLines } from '../../src/releases/release-answers.ts';
import { cardParts } from '../../src/situation/release-card.ts';
import { seenBy } from '../../src/situation/seen-by.ts';
import { statusLook } from '../../src/situation/status-look.ts';
import { ACTIONS, packValue } from '../../src/slack/ids.ts';
import { readAloud } from '../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aDeployment,
  aFreeze,
  aGrant,
  anAct,
  aRelease,
  aRound,
  aRule,
  aSituation,
  aVote,
  BELLA,
  NOW,
  OWNER,
} from '../support/builders.ts';

const at = (hours: number): Instant => after(NOW, hours * HOUR);

const aSpan = fc
  .tuple(fc.integer({ min: -4, max: 8 }), fc.integer({ min: 1, max: 6 }))
  .map(([from, hours]) => ({ startsAt: at(from), endsAt: at(from + hours) }));
const someFreezes: fc.Arbitrary<Freeze[]> = fc.array(
  fc
    .tuple(aSpan, fc.constantFrom('hard' as const, 'soft' as const), fc.constantFrom('checkout', 'search', null))
    .map(([span, severity, service]) =>
      aFreeze({
        ...span,
        severity,
        scope: { services: service === null ? [] : [service], environments: ['production'] },
      }),
    ),
  { maxLength: 3 },
);

const LASTS = instant('2026-03-10T10:00:00Z');

/** A release that waits, is approved (validly or not), held, locked, overtaken, frozen, planned: in any mixture. */
const aLife = fc
  .record({
    status: fc.constantFrom('draft' as const, 'waiting' as const, 'approved' as const, 'policy' as const),
    lapsed: fc.boolean(),
    voted: fc.boolean(),
    hold: fc.boolean(),
    lock: fc.boolean(),
    busy: fc.boolean(),
    newer: fc.boolean(),
    planned: fc.option(fc.integer({ min: -2, max: 8 }), { nil: null }),
    freezes: someFreezes,
    excepted: fc.boolean(),
    /** The exception was used by a start before. */
    used: fc.boolean(),
    /** What it hangs on: how that stands, and how it hangs on it. */
    need: fc.option(
      fc.record({
        kind: fc.constantFrom('before' as const, 'together' as const),
        status: fc.constantFrom(
          'awaiting_approval' as const,
          'approved' as const,
          'deployed' as const,
          'cancelled' as const,
        ),
      }),
      { nil: null, freq: 2 },
    ),
    emergency: fc.option(fc.constantFrom('waits' as const, 'open' as const, 'stopped' as const, 'over' as const), {
      nil: null,
      freq: 2,
    }),
  })
  .map((life) => {
    const round = aRound({
      rules: { all: [aRule()] },
      decisions: life.voted ? [aVote(ADAM)] : [],
      state: life.status === 'approved' ? 'approved' : 'open',
      asks: [ADAM, BELLA].map((person) => ({ person, at: NOW, wave: 'first' as const })),
    });
    const validUntil = life.lapsed ? at(-1) : LASTS;
    const state: Release['state'] =
      life.status === 'draft'
        ? { status: 'draft', since: NOW, returned: null }
        : life.status === 'waiting'
          ? { status: 'awaiting_approval', since: NOW, round: round.id }
          : {
              status: 'approved',
              since: NOW,
              by:
                life.status === 'policy'
                  ? { kind: 'policy', policy: 'default', catalogVersion: 7 }
                  : { kind: 'round', round: round.id },
              validUntil,
            };
    const release = aRelease({
      state,
      submitter: OWNER,
      everAsked: true,
      needs: life.need === null ? [] : [{ release: 'rel_other' as never, kind: life.need.kind }],
      hold: life.hold ? { by: OWNER, reason: 'the DBA', since: NOW, until: null } : null,
      when: life.planned === null ? { kind: 'asap' } : { kind: 'at', start: at(life.planned), end: null },
    });
    const [first] = life.freezes;
    const glass = {
      waits: aGrant({ second: ADAM, grantedAt: at(1), expiresAt: at(5) }),
      open: aGrant({ second: ADAM, grantedAt: at(-1), expiresAt: at(3) }),
      stopped: aGrant({ verdict: 'not justified', judgedBy: ADAM, judgedAt: at(-1), grantedAt: at(-2) }),
      over: aGrant({ grantedAt: at(-9), expiresAt: at(-5) }),
    };
    const s = aSituation({
      breakGlass: life.emergency === null ? null : glass[life.emergency],
      release,
      round: life.status === 'policy' ? null : round,
      locks: life.lock
        ? [
            {
              id: 'lck_1' as never,
              service: 'checkout',
              environment: 'production',
              release: release.id,
              reason: 'cause',
              holder: OWNER,
              since: NOW,
              expiresAt: null,
              liftedAt: null,
              liftedBy: null,
            },
          ]
        : [],
      exceptions:
        life.excepted && first !== undefined
          ? [
              {
                id: 'exc_1' as never,
                freeze: first.id,
                release: release.id,
                environment: 'production',
                reason: 'x',
                urgency: null,
                blastRadius: null,
                rollback: null,
                usedBy: life.used ? ('dep_before' as never) : null,
                requestedBy: OWNER,
                requestedAt: NOW,
                verdict: 'granted',
                decidedBy: ADAM,
                decidedAt: NOW,
                reply: null,
                validUntil: first.endsAt,
              },
            ]
          : [],
      around: {
        freezes: life.freezes,
        linked:
          life.need === null
            ? []
            : [
                {
                  release: 'rel_other' as never,
                  number: 77,
                  service: 'search',
                  version: '4.2.0',
                  status: life.need.status,
                  since: NOW,
                  was: null,
                  wasSince: null,
                  outcome: null,
                  replacedBy: null,
                  needs: [],
                  when: { kind: 'asap' },
                  everAsked: true,
                },
              ],
        busy: life.busy ? [aDeployment({ version: '2.13.2' })] : [],
        newer: life.newer ? { release: aRelease().id, number: 150, version: '2.15.0' } : null,
      },
    });
    return { life, s };
  });

type Life = typeof aLife extends fc.Arbitrary<infer T> ? T : never;

/** The reference, in the words of the rules: whether a person may start it in production then, without giving a reason. */
const stopping = ({ life }: Life, then: Instant) =>
  life.freezes.filter(
    (freeze, index) =>
      freeze.startsAt <= then &&
      then < freeze.endsAt &&
      (freeze.scope.services.length === 0 || freeze.scope.services.includes('checkout')) &&
      !(life.excepted && !life.used && index === 0),
  );
const approvedNow = ({ life }: Life): boolean =>
  (life.status === 'policy' || (life.status === 'approved' && life.voted)) && !life.lapsed;
const mayStart = (one: Life, then: Instant): 'yes' | 'with a reason' | 'no' => {
  const { life } = one;
  if (life.hold || life.lock || life.busy || life.newer) return 'no';
  // An emergency is used where nothing else lets it start: what was approved meanwhile starts as anything else does.
  const alone = withoutEmergency(one, then);
  return life.emergency === 'open' && alone === 'no' ? 'yes' : alone;
};
const withoutEmergency = (one: Life, then: Instant): 'yes' | 'with a reason' | 'no' => {
  if (!approvedNow(one)) return 'no';
  const { need } = one.life;
  if (need !== null && need.status !== 'deployed' && !(need.kind === 'together' && need.status === 'approved'))
    return 'no';
  const frozen = stopping(one, then);
  return frozen.some(({ severity }) => severity === 'hard') ? 'no' : frozen.length > 0 ? 'with a reason' : 'yes';
};

const surfaces = (s: Situation) => {
  const seen = seenBy(s, OWNER);
  if (seen === null) throw new Error('its owner does not see it');
  const voice = { names: { [OWNER]: 'olivia', [ADAM]: 'adam', [BELLA]: 'bella' }, command: '/release' };
  const asking = { by: OWNER, now: NOW, voice };
  const card = cardParts(seen, NOW, voice);
  const start = (reason: string | null) => startDeployment(s, { environment: 'production', reason }, anAct(OWNER));
  return {
    card: readAloud(card.next),
    button: card.buttons.some(
      ({ action, value }) => action === ACTIONS.start && value === packValue(s.release.id, 'production'),
    ),
    asks: card.buttons.some(({ action }) => action === ACTIONS.startWithReason),
    why: readAloud(whyLines(seen, null, asking)[0] ?? card.next),
    whole: whyLines(seen, null, asking)
      .map((line) => readAloud(line))
      .join('\n'),
    look: statusLook(seen, NOW).word,
    duties: dutiesOf(s, OWNER, NOW).map(({ kind }) => kind),
    plain: start(null).ok,
    reasoned: start('Agreed with support').ok,
  };
};

describe('every surface agrees', () => {
  it('about now: the card, its button, why, the mark and the start give one verdict, which is the true one', () => {
    fc.assert(
      fc.property(aLife, (one) => {
        const verdict = mayStart(one, NOW);
        const seen = surfaces(one.s);
        expect(seen.plain).toBe(verdict === 'yes');
        expect(seen.reasoned).toBe(verdict !== 'no');
        const { planned, status, emergency } = one.life;
        const due = planned === null || planned <= 0;
        const stands = status === 'approved' || status === 'policy' || emergency === 'open';
        expect(seen.duties.includes('start')).toBe(verdict !== 'no' && due && stands);
        expect(seen.button).toBe(verdict === 'yes');
        expect(seen.asks).toBe(verdict === 'with a reason');
        expect(seen.why.startsWith('Nothing in the way')).toBe(verdict === 'yes');
        expect(seen.why.includes('with a reason')).toBe(verdict === 'with a reason');
        expect(/cannot start|will not start/.test(seen.why)).toBe(verdict === 'no');
        if (one.life.status === 'approved' || one.life.status === 'policy') {
          if (!one.life.hold) {
            expect(seen.card.includes('Nothing in the way')).toBe(verdict === 'yes');
            expect(seen.card.includes('before it can start')).toBe(verdict === 'no');
          }
          // What is planned for a time at which none holds is not frozen: nobody has anything to do about it.
          const { planned } = one.life;
          const then = planned === null || planned <= 0 ? NOW : at(planned);
          const frozen =
            stopping(one, NOW).some(({ severity }) => severity === 'hard') && stopping(one, then).length > 0;
          if (!one.life.hold && (emergency === null || emergency === 'stopped' || emergency === 'over'))
            expect(seen.look.includes('frozen')).toBe(frozen);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('about the planned time: the card and why say the freeze that will hold it then, and no other', () => {
    fc.assert(
      fc.property(aLife, (one) => {
        const { planned } = one.life;
        if (planned === null || planned <= 0 || one.life.hold) return;
        const frozen = stopping(one, at(planned)).length > 0;
        const seen = surfaces(one.s);
        // Of one that holds already it is enough that the time is inside of it.
        const said = (text: string) => /when production is frozen|is inside the freeze |cannot start until /.test(text);
        expect(said(seen.whole)).toBe(frozen);
        if (one.life.status === 'approved' || one.life.status === 'policy') expect(said(seen.card)).toBe(frozen);
      }),
      { numRuns: 1_000 },
    );
  });
});
