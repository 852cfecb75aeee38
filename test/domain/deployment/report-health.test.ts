/** What is said of its health in one of several places says nothing of the others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { startRollback, stillReached, succeedRollback } from '../../../src/domain/deployment/rollback.ts';
import { unwell } from '../../../src/domain/deployment/standing.ts';
import type { DeploymentId } from '../../../src/domain/ids.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { ADAM, anAct, done, OWNER, refusalOf } from '../../support/builders.ts';
import { approved } from '../../support/deploying.ts';
import { later, through, verifying } from '../../support/verifying.ts';

describe('not healthy in one of several places', () => {
  const bad = (s: Situation, environment: string | null) =>
    reportHealth(s, { healthy: false, reason: 'errors', environment }, anAct(OWNER, later(20)));
  const places = ['staging', 'eu', 'us'].map((name) => ({ name, protected: name !== 'staging', requires: null }));
  const eu = through(verifying({}, { environments: places }), ['eu', 'us']);

  const well = (s: Situation, environment: string | null, who = OWNER) =>
    reportHealth(s, { healthy: true, reason: null, environment }, anAct(who, later(25)));
  const fields = (decision: ReturnType<typeof bad>) => refusalOf(decision);

  it.each(['eu', 'us'])('is said of %s, and told with it', (said) => {
    const { after, events } = done(bad(eu, said));
    const marked = after.deployments.filter(({ unhealthyAt }) => unhealthyAt !== null);
    expect(marked.map(({ environment }) => environment)).toEqual([said]);
    expect(events[0]).toMatchObject({ subject: marked[0]?.id, data: { environment: said } });
    // Until something is done about it, it can be taken back.
    const again = done(reportHealth(after, { healthy: true, reason: null }, anAct(OWNER, later(25)))).after;
    expect(again.release.state.status).toBe('deployed');
  });

  it.each(['staging', null])('asks where, when it is said of %s', (said) => {
    expect(fields(bad(eu, said))).toMatchObject({ code: 'fields', problems: [{ field: 'environment' }] });
  });

  it('is said of the second as well, and each is well again by itself', () => {
    const both = done(bad(done(bad(eu, 'eu')).after, 'us')).after;
    expect(unwell(both).map(({ environment }) => environment)).toEqual(['eu', 'us']);
    expect(both.reviews.filter(({ state }) => state === 'due')).toHaveLength(1);
    expect(fields(well(both, null))).toMatchObject({ problems: [{ field: 'environment' }] });
    expect(fields(bad(both, 'us'))).toMatchObject({ code: 'status' });
    const one = done(well(both, 'us')).after;
    expect(one.release.state.status).toBe('failed');
    expect(unwell(one).map(({ environment }) => environment)).toEqual(['eu']);
    expect(fields(well(one, 'us'))).toMatchObject({ problems: [{ field: 'environment' }] });
    expect(done(well(one, null)).after.release.state.status).toBe('deployed');
  });

  it('is not made well by another place that goes back', () => {
    const had = { ...eu, deployments: eu.deployments.map((d) => ({ ...d, before: '2.13.1' })) };
    const sick = done(bad(had, 'eu')).after;
    const back = done(startRollback(sick, 'errors', anAct(OWNER, later(22)))).after;
    const done_ = done(succeedRollback(back, {}, anAct(OWNER, later(24)))).after;
    expect(stillReached(done_)).toEqual(['us']);
    expect(done_.release.state.status).toBe('failed');
    expect(fields(well(done_, 'us'))).toMatchObject({ code: 'status' });
    expect(fields(well(done_, 'eu'))).toMatchObject({ code: 'status' });
    // What runs there may turn out not to be well either.
    expect(unwell(done(bad(done_, 'us')).after).map(({ environment }) => environment)).toEqual(['us']);
  });

  it('goes back one after the other, each where somebody says', () => {
    const had = { ...eu, deployments: eu.deployments.map((d) => ({ ...d, before: '2.13.1' })) };
    const by = anAct(OWNER, later(22));
    const going = done(startRollback(had, 'errors', by, 'eu')).after;
    expect(going.deployments.at(-1)).toMatchObject({ kind: 'rollback', environment: 'eu' });
    expect(fields(startRollback(going, 'slow', by, 'us'))).toMatchObject({ code: 'status' });
    expect(fields(startRollback(going, 'again', by))).toMatchObject({ code: 'status' });
    const back = done(succeedRollback(going, {}, anAct(OWNER, later(24)))).after;
    expect(done(startRollback(back, 'slow', by, 'us')).after.deployments.at(-1)).toMatchObject({ environment: 'us' });
    expect(fields(startRollback(had, 'errors', by, 'moon'))).toMatchObject({ problems: [{ field: 'environment' }] });
  });

  it('is said of where it has come before it is everywhere; it goes on where that was wrong', () => {
    const half = through(verifying({}, { environments: places }), ['eu']);
    const { release } = half;
    const deployment = half.deployments[0]?.id ?? ('' as DeploymentId);
    const state = { status: 'deploying' as const, since: later(0), deployment, from: approved };
    const onItsWay = { ...half, release: { ...release, targets: ['eu', 'us'], state } };
    expect(fields(well(onItsWay, 'eu'))).toMatchObject({ code: 'status' });
    const sick = done(bad(onItsWay, null)).after;
    expect(sick.release.state).toMatchObject({ status: 'failed', reason: 'errors' });
    expect(done(well(sick, 'eu')).after.release.state).toMatchObject({ status: 'deploying', from: approved });
    // What came meanwhile is enough to be deployed.
    const came = through(verifying({}, { environments: places }), ['eu', 'us']).deployments[1];
    const all = came === undefined ? sick : { ...sick, deployments: [...sick.deployments, came] };
    expect(done(well(all, 'eu')).after.release.state.status).toBe('deployed');
  });

  it('is well once each of them is, whoever says so of which', () => {
    const one = done(well(eu, 'us')).after;
    expect(one.release.state).toMatchObject({ healthy: null, wellIn: ['us'] });
    expect(fields(well(one, 'us'))).toMatchObject({ code: 'status' });
    expect(fields(well(one, 'staging'))).toMatchObject({ problems: [{ field: 'environment' }] });
    expect(done(well(one, 'eu', ADAM)).after.release.state).toMatchObject({ healthy: true });
    expect(done(well(one, null)).after.release.state).toMatchObject({ healthy: true });
  });

  /** What is known of each place, in the model: nothing of one follows from another. */
  it('random words of random places: each is what was said of it last, and the release failed while one is not well', () => {
    const word = fc.record({ place: fc.constantFrom('eu', 'us'), healthy: fc.boolean() });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (said) => {
        const model = new Map([
          ['eu', true],
          ['us', true],
        ]);
        let s = eu;
        for (const { place, healthy } of said) {
          const next = healthy ? well(s, place) : bad(s, place);
          if (!next.ok) continue;
          model.set(place, healthy);
          s = next.value.after;
        }
        const sick = [...model].filter(([, isWell]) => !isWell).map(([place]) => place);
        expect(new Set(unwell(s).map(({ environment }) => environment))).toEqual(new Set(sick));
        expect(s.release.state.status).toBe(sick.length === 0 ? 'deployed' : 'failed');
      }),
    );
  });
});
