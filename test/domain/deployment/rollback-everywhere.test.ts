/** Several environments: each goes back on its own, in reverse order, and the release is rolled back only when none runs it any more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abortDeployment, failDeployment, succeedDeployment, timeOut } from '../../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { failRollback, startRollback, stillReached, succeedRollback } from '../../../src/domain/deployment/rollback.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import type { ReleaseState } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, HOUR } from '../../../src/domain/time.ts';
import {
  aCatalog,
  aDeployment,
  afterOf,
  anAct,
  aRelease,
  aSituation,
  counting,
  NOW,
  refusalOf,
} from '../../support/builders.ts';

const newId = counting();
const at = (hours: number) => anAct(undefined, after(NOW, hours * HOUR), newId);
const PLACES = ['eu', 'us', 'asia'];
const environments = PLACES.map((name) => ({ name, protected: true, requires: null }));
const catalog = aCatalog({ environments: [{ name: 'staging', protected: false, requires: null }, ...environments] });
const approved: ReleaseState = {
  status: 'approved',
  since: NOW,
  by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
  validUntil: after(NOW, 30 * DAY),
};
const before = [...PLACES, 'staging'].map((environment) => ({
  environment,
  version: '2.13.1',
  release: newId('release'),
  since: after(NOW, -DAY),
}));
const ready = (targets: readonly string[]): Situation =>
  aSituation({
    // A standard release: nobody is asked.
    release: aRelease({ targets, state: approved, type: 'standard' }),
    around: { catalog, running: before, succeeded: before },
  });
const start = (s: Situation, environment: string, hours = 0): Situation =>
  afterOf(startDeployment(s, { environment, reason: null }, at(hours)));
const shipped = (s: Situation, environment: string, hours = 0): Situation =>
  afterOf(succeedDeployment(start(s, environment, hours), { environment: environment }, at(hours)));
const everywhere = (): Situation => PLACES.reduce((s, place, hours) => shipped(s, place, hours), ready(PLACES));
const back = (s: Situation): Situation =>
  afterOf(succeedRollback(afterOf(startRollback(s, 'errors', at(9))), {}, at(10)));

describe('in three environments', () => {
  it('goes back in reverse order, is failed until the last, and then rolled back', () => {
    const s = everywhere();
    expect([s.release.state.status, stillReached(s)]).toEqual(['deployed', ['asia', 'us', 'eu']]);
    const one = back(s);
    expect([one.release.state.status, stillReached(one)]).toEqual(['failed', ['us', 'eu']]);
    const two = back(one);
    expect([two.release.state.status, stillReached(two)]).toEqual(['failed', ['eu']]);
    const three = back(two);
    expect([three.release.state, stillReached(three)]).toEqual([
      { status: 'rolled_back', since: after(NOW, 10 * HOUR), to: '2.13.1', reason: 'errors' },
      [],
    ]);
    expect(three.locks.map(({ environment }) => environment)).toEqual(['asia', 'us', 'eu']);
    expect(three.reviews.filter(({ state }) => state === 'due')).toHaveLength(1);
  });

  it('goes back first where it is not well, and last where nothing ran before', () => {
    const bad = { healthy: false, reason: 'errors', environment: 'us' };
    const unwell = afterOf(reportHealth(everywhere(), bad, at(5)));
    expect(stillReached(unwell)).toEqual(['us', 'asia', 'eu']);
    expect(stillReached(back(unwell))).toEqual(['asia', 'eu']);
    const nothing = everywhere();
    const deployments = nothing.deployments.map((d) => (d.environment === 'asia' ? { ...d, before: null } : d));
    expect(stillReached({ ...nothing, deployments })).toEqual(['us', 'eu', 'asia']);
  });

  it('a rollback that fails can be tried again, and leaves the others to go back', () => {
    const failed = afterOf(
      failRollback(afterOf(startRollback(everywhere(), 'errors', at(9))), { reason: 'no image' }, at(10)),
    );
    expect([failed.release.state.status, stillReached(failed)]).toEqual(['failed', ['asia', 'us', 'eu']]);
    expect(stillReached(back(failed))).toEqual(['us', 'eu']);
    expect(
      refusalOf(failRollback(afterOf(startRollback(everywhere(), 'errors', at(9))), { reason: ' ' }, at(10))),
    ).toMatchObject({
      code: 'fields',
    });
  });

  it('a rollback that nobody finished has failed as well, whatever the release was before', () => {
    const running = afterOf(startRollback(everywhere(), 'errors', at(9)));
    const rollback = running.deployments.at(-1);
    if (rollback === undefined) throw new Error('nothing runs');
    const late = timeOut(running, rollback, at(20)).after;
    expect(late.release.state.status).toBe('failed');
    expect(late.reviews.filter(({ state, form }) => state === 'due' && form === 'failure')).toHaveLength(1);
  });

  it('property: whatever is started, ended or sent back, it is rolled back exactly when every place that it touched is back', () => {
    const move = fc.record({
      act: fc.constantFrom('start', 'succeed', 'fail', 'abort', 'back', 'backDone', 'backFailed'),
      place: fc.constantFrom(...PLACES),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        let s = ready(PLACES);
        // The model: what each place is known to hold of this release.
        const holds = new Map<string, boolean>();
        const underWay = new Set<string>();
        let goingBack: string | null = null;
        let hour = 0;
        for (const { act, place } of moves) {
          hour += 1;
          const input = { environment: place, reason: 'errors' };
          const tried = {
            start: () => startDeployment(s, { environment: place, reason: null }, at(hour)),
            succeed: () => succeedDeployment(s, { environment: place }, at(hour)),
            fail: () => failDeployment(s, input, at(hour)),
            abort: () => abortDeployment(s, input, at(hour)),
            back: () => startRollback(s, 'errors', at(hour)),
            backDone: () => succeedRollback(s, {}, at(hour)),
            backFailed: () => failRollback(s, { reason: 'no image' }, at(hour)),
          }[act]();
          if (!tried.ok) continue;
          s = tried.value.after;
          if (act === 'start') underWay.add(place);
          if (act === 'succeed' || act === 'fail') holds.set(place, true);
          if (act === 'succeed' || act === 'fail' || act === 'abort') underWay.delete(place);
          if (act === 'back') {
            goingBack =
              s.deployments.find(({ kind, state }) => kind === 'rollback' && state === 'running')?.environment ?? null;
            if (goingBack !== null) {
              holds.set(goingBack, true);
              underWay.delete(goingBack);
            }
          }
          if (act === 'backDone' && goingBack !== null) holds.set(goingBack, false);
          const touched = [...holds.values()];
          const allBack = touched.length > 0 && touched.every((held) => !held) && underWay.size === 0;
          if (act === 'backDone') expect(s.release.state.status === 'rolled_back').toBe(allBack);
          if (s.release.state.status === 'rolled_back') expect(allBack).toBe(true);
        }
      }),
    );
  });
});

describe('what counts', () => {
  it('is deployed once every target has it, whichever comes last', () => {
    const production = shipped(ready(['staging', 'eu']), 'eu');
    expect(production.release.state.status).toBe('deploying');
    expect(shipped(production, 'staging', 1).release.state.status).toBe('deployed');
  });

  it('a failure in staging is none of the release, also while production is under way', () => {
    const both = start(start(ready(['eu']), 'eu'), 'staging');
    const s = afterOf(failDeployment(both, { environment: 'staging', reason: 'no disk' }, at(1)));
    expect(s.release.state.status).toBe('deploying');
    expect(s.reviews).toEqual([]);
  });

  it('an abort takes the release back only when nothing of it is anywhere else', () => {
    const both = start(start(ready(['eu', 'us']), 'eu'), 'us');
    const one = afterOf(abortDeployment(both, { environment: 'eu', reason: null }, at(1)));
    expect(one.release.state.status).toBe('deploying');
    const failed = afterOf(failDeployment(one, { environment: 'us', reason: 'no disk' }, at(2)));
    expect(failed.release.state.status).toBe('failed');
    const none = afterOf(abortDeployment(one, { environment: 'us', reason: null }, at(2)));
    expect(none.release.state.status).toBe('approved');
  });

  it('does not go back over a newer release, although it was found unhealthy after that one came', () => {
    const mine = aDeployment({
      environment: 'eu',
      state: 'succeeded',
      startedAt: NOW,
      finishedAt: NOW,
      finishedBy: null,
    });
    const newer = { environment: 'eu', version: '2.15.0', release: newId('release'), since: after(NOW, HOUR) };
    const unhealthy = aSituation({
      release: aRelease({ targets: ['eu'], state: { status: 'failed', since: after(NOW, 2 * HOUR), reason: 'slow' } }),
      deployments: [mine],
      around: { catalog, succeeded: [...before, newer] },
    });
    expect(refusalOf(startRollback(unhealthy, 'errors', at(3)))).toMatchObject({
      code: 'status',
      status: 'on 2.15.0, which was deployed after this release',
    });
  });
});
