/** A failure that nobody decides about: who is called when, and when nobody is any more. */

import { describe, expect, it } from 'vitest';
import {
  followDecision,
  MANAGERS_AFTER,
  ON_CALL_AFTER,
  undecidedFailure,
} from '../../../src/domain/deployment/escalation.ts';
import { failDeployment } from '../../../src/domain/deployment/outcome.ts';
import { resumeRelease } from '../../../src/domain/plan/hold.ts';
import { move } from '../../../src/domain/release/release.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { wakeAt } from '../../../src/domain/wake.ts';
import { nudgesFor } from '../../../src/situation/nudges-for.ts';
import { ADAM, aCatalog, aDeployment, afterOf, anAct, BELLA, NOW, OWNER, QUINN, RITA } from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';

const failed = (s: Situation = deploying()): Situation =>
  afterOf(failDeployment(s, { environment: null, reason: 'errors', cause: 'config' }, anAct()));
const called = (s: Situation, minutes: number) =>
  nudgesFor(s, after(NOW, minutes * MINUTE))
    .filter(({ kind, standing }) => kind === 'failure-ask' && standing !== true)
    .map(({ audience, occurrence }) => `${occurrence}: ${audience}`);

describe('a failure', () => {
  it('calls those on call after a quarter of an hour, and the release managers after two hours', () => {
    const s = failed();
    expect(called(s, 14)).toEqual([]);
    expect(called(s, 15)).toEqual([`on call: ${ADAM}`, `on call: ${BELLA}`]);
    expect(called(s, 120)).toContain(`managers: ${RITA}`);
    expect(wakeAt(s, NOW)).toBe(after(NOW, ON_CALL_AFTER));
    expect(wakeAt(s, after(NOW, ON_CALL_AFTER))).toBe(after(NOW, MANAGERS_AFTER));
  });

  it('calls those whom the catalog has on call, and nobody who was asked or is gone', () => {
    const s = failed();
    const roles = { ...s.around.catalog.roles, on_call: ['qa', 'owners'] };
    const with_ = { ...s, around: { ...s.around, catalog: aCatalog({ roles }), inactive: [BELLA] } };
    expect(undecidedFailure(with_)?.calls[0]?.people).toEqual([QUINN, ADAM]);
    expect(undecidedFailure(with_)?.calls[0]?.people).not.toContain(OWNER);
  });

  it.each<[string, (s: Situation) => Situation]>([
    [
      'it is on hold',
      (s) => ({ ...s, release: { ...s.release, hold: { by: OWNER, reason: 'x', since: NOW, until: null } } }),
    ],
    ['it goes back', (s) => ({ ...s, deployments: [...s.deployments, aDeployment({ kind: 'rollback' })] })],
    [
      'a newer one runs',
      (s) => ({ ...s, around: { ...s.around, newer: { release: s.release.id, number: 9, version: '3' } } }),
    ],
  ])('calls nobody once %s', (_, then) => expect(undecidedFailure(then(failed()))).toBeNull());

  it('calls the release managers without waiting, where those who decide have left', () => {
    const s = failed();
    const left = { ...s, around: { ...s.around, inactive: [OWNER] } };
    expect(called(left, 0)).toEqual([RITA, ADAM, BELLA].map((id) => `managers: ${id}`));
    expect(called(s, 0)).toEqual([]);
  });

  it('is decided about while another place goes on, and not while it comes again there', () => {
    const two = (environment: string): Situation => {
      const s = failed(deploying([aDeployment({ environment: 'eu' })], ['eu', 'us']));
      return { ...s, deployments: [...s.deployments, aDeployment({ environment })] };
    };
    expect(undecidedFailure(two('us'))).not.toBeNull();
    expect(undecidedFailure(two('eu'))).toBeNull();
  });

  it('on hold for an hour, has its quarter of an hour from when that ends', () => {
    const held = { by: OWNER, reason: 'x', since: NOW, until: null };
    const s = failed();
    const resumed = afterOf(resumeRelease({ ...s, release: { ...s.release, hold: held } }, after(NOW, 60 * MINUTE)));
    expect(called(resumed, 74)).toEqual([]);
    expect(called(resumed, 75)).toEqual([`on call: ${ADAM}`, `on call: ${BELLA}`]);
  });

  it('asks whoever has to decide, however that came to be: where they have a message about it already, no other comes', () => {
    const s = failed();
    const asked = (each: Situation) =>
      nudgesFor(each, NOW)
        .filter(({ kind, standing }) => kind === 'failure-ask' && standing === true)
        .map(({ audience }) => audience);
    const given = { ...s, release: { ...s.release, deployer: QUINN } };
    expect(asked(given)).toEqual([QUINN, OWNER]);
    expect(asked({ ...given, around: { ...s.around, inactive: [QUINN] } })).toEqual([OWNER]);
    expect(asked({ ...given, deployments: [...s.deployments, aDeployment({ kind: 'rollback' })] })).toEqual([]);
  });

  it('has its quarter of an hour from when somebody can decide: not while it is mended, nor before another place went wrong', () => {
    const s = failed();
    const later = after(NOW, 60 * MINUTE);
    const newer = { release: s.release.id, number: 9, version: '3' };
    const mended = { ...s, around: { ...s.around, newer } };
    const kept = followDecision(mended, NOW)?.after ?? mended;
    expect(undecidedFailure(kept)).toBeNull();
    const again = { ...kept, around: s.around };
    expect(undecidedFailure(followDecision(again, later)?.after ?? again)?.since).toBe(later);
    const back = aDeployment({ kind: 'rollback', state: 'succeeded', environment: 'eu', finishedAt: later });
    expect(undecidedFailure({ ...s, deployments: [...s.deployments, back] })?.since).toBe(later);
    expect(undecidedFailure(s)?.since).toBe(NOW);
    const seen = followDecision(s, NOW)?.after ?? s;
    expect(followDecision(seen, later)).toBeNull();
    // Made anew, whatever it was made of, it has a time of its own.
    if (seen.release.state.status !== 'failed') throw new Error('it has not failed');
    const closed = { status: 'closed', since: NOW, by: OWNER, outcome: 'failed', from: seen.release.state } as const;
    const anew = move(move(seen.release, closed), seen.release.state);
    expect(anew.state).toMatchObject({ status: 'failed', openSince: undefined });
  });

  it('keeps its cause, and counts those in a row', () => {
    const s = deploying();
    const before = { ...s, around: { ...s.around, failing: { production: 2 } } };
    expect(failed(before).deployments.at(-1)).toMatchObject({ cause: 'config', inARow: 3 });
  });
});
