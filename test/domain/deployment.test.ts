import { describe, expect, it } from 'vitest';
import { approve } from '../../src/domain/approval/decide.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { failDeployment, startDeployment, succeedDeployment } from '../../src/domain/deployment/deployment.ts';
import { breakGlass, confirmEmergency } from '../../src/domain/deployment/emergency.ts';
import { rework } from '../../src/domain/deployment/rework.ts';
import { rollbackTarget, startRollback, succeedRollback } from '../../src/domain/deployment/rollback.ts';
import type { UserId } from '../../src/domain/ids.ts';
import { assignRole, editRelease } from '../../src/domain/plan/edit.ts';
import { obstacles, readiness } from '../../src/domain/readiness.ts';
import type { Decision } from '../../src/domain/refusal.ts';
import { reopen } from '../../src/domain/review/close.ts';
import { submitReview } from '../../src/domain/review/review.ts';
import { settle, wakeAt } from '../../src/domain/settle.ts';
import type { Effect, Situation } from '../../src/domain/situation.ts';
import { after, DAY, HOUR, instant, MINUTE } from '../../src/domain/time.ts';
import {
  ADAM,
  aCatalog,
  aFreeze,
  anAct,
  aRelease,
  aSituation,
  BELLA,
  counting,
  NOW,
  OWNER,
  RITA,
} from '../support/builders.ts';

const newId = counting();
const by = (who: UserId, now = NOW) => anAct(who, now, newId);
const done = (decision: Decision<Effect>): Situation => {
  if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`);
  return decision.value.after;
};
const code = (decision: Decision<Effect>): string => (decision.ok ? 'ok' : decision.refusal.code);
const yes = { hash: null, comment: null };
const production = { environment: 'production', reason: null };
const words = 'The basket is down for every customer in Europe';
const before = { environment: 'production', version: '2.13.1', release: aRelease().id, since: NOW };
const running = { around: { running: [before], succeeded: [before] } };

const asked = (): Situation => done(submit(aSituation(running), by(OWNER)));
const approved = (): Situation => done(approve(asked(), yes, by(ADAM)));
const started = (): Situation => done(startDeployment(approved(), production, by(OWNER)));
const shipped = (): Situation => done(succeedDeployment(started(), null, by(OWNER)));
/** At ten in London it is night in Auckland: those in reach are the only ones awake. */
const glass = (s: Situation, reachable: readonly UserId[] = []): Situation => {
  const asleep = [OWNER, ADAM, BELLA, RITA]
    .filter((id) => !reachable.includes(id))
    .map((id) => [id, 'Pacific/Auckland']);
  const night = { ...s, around: { ...s.around, zones: Object.fromEntries(asleep) } };
  return done(breakGlass(night, { environment: 'production', justification: words, incident: null }, by(OWNER)));
};

describe('starting', () => {
  it('names every obstacle at once', () => {
    const s = aSituation({
      release: aRelease({ hold: { by: OWNER, reason: 'DBA', since: NOW, until: null } }),
      around: { freezes: [aFreeze()] },
    });
    expect(obstacles(readiness(s, 'production', NOW)).map((check) => check.code)).toEqual([
      'release.hold',
      'approval.pending',
      'freeze.active',
    ]);
    expect(code(startDeployment(s, production, by(OWNER)))).toBe('not_ready');
  });

  it('wants a reason under a soft freeze', () => {
    const s = { ...approved(), around: { ...approved().around, freezes: [aFreeze({ severity: 'soft' })] } };
    expect(code(startDeployment(s, production, by(OWNER)))).toBe('fields');
    expect(code(startDeployment(s, { ...production, reason: 'A customer waits' }, by(OWNER)))).toBe('ok');
  });

  it('to staging changes no status, and can be finished', () => {
    const s = done(startDeployment(asked(), { environment: 'staging', reason: null }, by(OWNER)));
    expect(s.release.state.status).toBe('awaiting_approval');
    expect(done(succeedDeployment(s, 'staging', by(OWNER))).deployments[0]?.state).toBe('succeeded');
  });
});

describe('an emergency', () => {
  it('that overtakes an open round: nobody can decide it any more, and time does not bring it back', () => {
    const s = done(startDeployment(glass(asked()), production, by(OWNER)));
    expect(code(approve(s, yes, by(ADAM)))).toBe('approval.no_round');
    const failed = done(failDeployment(s, { environment: null, reason: 'x' }, by(OWNER)));
    expect(settle(failed, after(NOW, 30 * DAY), newId).after.release.state.status).toBe('failed');
  });

  it('is good for one deployment: the retry needs an approval', () => {
    const failed = done(
      failDeployment(
        done(startDeployment(glass(aSituation()), production, by(OWNER))),
        { environment: null, reason: 'x' },
        by(OWNER),
      ),
    );
    expect(code(startDeployment(failed, production, by(OWNER)))).toBe('not_ready');
  });

  it('with a second person in reach waits for their confirmation, or ten minutes', () => {
    const s = glass(asked(), [ADAM]);
    expect(code(startDeployment(s, production, by(OWNER)))).toBe('not_ready');
    expect(code(confirmEmergency(s, by(BELLA)))).toBe('forbidden');
    expect(code(startDeployment(done(confirmEmergency(s, by(ADAM))), production, by(OWNER)))).toBe('ok');
    expect(code(startDeployment(s, production, by(OWNER, after(NOW, 11 * MINUTE))))).toBe('ok');
  });
});

describe('going back', () => {
  it('goes to what ran before this release, not to what came after it', () => {
    const s = { ...shipped(), around: { ...shipped().around, succeeded: [before, { ...before, version: '2.15.0' }] } };
    expect(rollbackTarget(s, 'production')).toBe('2.13.1');
  });

  it('twice at once is refused with what is going on', () => {
    const s = done(startRollback(shipped(), 'x', by(OWNER)));
    expect(startRollback(s, 'x', by(OWNER))).toMatchObject({
      ok: false,
      refusal: { code: 'status', status: 'going back to 2.13.1 already' },
    });
    expect(code(rework(s, by(OWNER)))).toBe('status');
  });

  it('sets one lock an environment', () => {
    const back = done(startRollback(shipped(), 'x', by(OWNER)));
    const first = done(succeedRollback(back, by(OWNER)));
    expect(first.locks).toHaveLength(1);
    expect(done(succeedRollback({ ...back, locks: first.locks }, by(OWNER))).locks).toHaveLength(1);
  });

  it('reworked, it is another artifact: the old approval does not count', () => {
    const s = done(rework(done(failDeployment(started(), { environment: null, reason: 'x' }, by(OWNER))), by(OWNER)));
    expect(s.round?.state).toBe('invalidated');
    expect(code(startDeployment(s, production, by(OWNER)))).toBe('not_ready');
    const edited = done(editRelease(s, { title: 'Once more' }, by(OWNER)));
    expect(edited.release.state.status).toBe('draft');
    expect(edited.round?.n).toBe(1);
  });
});

describe('an approval and its time', () => {
  const at = (start: string) => ({ kind: 'at' as const, start: instant(start), end: null });
  const planned = (): Situation =>
    done(
      approve(
        done(submit(done(editRelease(aSituation(), { when: at('2026-03-03T12:00:00Z') }, by(OWNER))), by(OWNER))),
        yes,
        by(ADAM),
      ),
    );

  it('moved within a day lapses after its new time', () => {
    const moved = done(editRelease(planned(), { when: at('2026-03-04T08:00:00Z') }, by(OWNER)));
    expect(moved.release.state).toMatchObject({ status: 'approved', validUntil: '2026-03-04T13:00:00.000Z' });
    expect(settle(moved, instant('2026-03-04T08:00:00Z'), newId).events).toEqual([]);
  });

  it('many small moves are not one small move', () => {
    const once = done(editRelease(planned(), { when: at('2026-03-04T08:00:00Z') }, by(OWNER)));
    const twice = done(editRelease(once, { when: at('2026-03-05T06:00:00Z') }, by(OWNER)));
    expect(twice.round?.n).toBe(2);
  });

  it('is not asked for a time that is past', () => {
    const s = aSituation({ release: aRelease({ when: at('2026-03-03T09:00:00Z') }) });
    expect(submit(s, by(OWNER))).toMatchObject({
      ok: false,
      refusal: { code: 'fields', problems: [{ field: 'when' }] },
    });
  });

  it('whose approver stops counting waits again, and others can give it', () => {
    const s = done(assignRole(approved(), { role: 'owner', to: ADAM }, by(OWNER)));
    const settled = settle(s, NOW, newId).after;
    expect(settled.release.state.status).toBe('awaiting_approval');
    expect(done(approve(settled, yes, by(BELLA))).release.state.status).toBe('approved');
  });
});

describe('the end', () => {
  const review = { outcome: 'success' as const, answers: { goal: 'yes', change: 'none' }, actions: [] };

  it('closes by itself once reviewed, and stays open when it was reopened', () => {
    const closed = settle(done(submitReview(shipped(), review, by(OWNER))), NOW, newId).after;
    expect(closed.release.state.status).toBe('closed');
    const again = done(reopen(closed, 'One more thing', by(OWNER, after(NOW, HOUR))));
    expect(settle(again, after(NOW, HOUR), newId).after.release.state.status).toBe('deployed');
  });

  it('light: without a review it closes a day later, and is woken for it', () => {
    const light = aSituation({ around: { ...running.around, catalog: aCatalog({ preset: 'light' }) } });
    const s = done(
      succeedDeployment(done(startDeployment(done(submit(light, by(OWNER))), production, by(OWNER))), null, by(OWNER)),
    );
    expect(wakeAt(s, NOW)).toBe(after(NOW, DAY));
    expect(settle(s, after(NOW, DAY), newId).after.release.state.status).toBe('closed');
  });
});
