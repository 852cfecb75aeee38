/** What ended in part is decided about, or is deployed where it came: it never stays under way with nothing that runs. */
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../src/domain/deployment/deployment.ts';
import { endInPart, goOn } from '../../../src/domain/deployment/in-part.ts';
import { settle } from '../../../src/domain/settle.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, MINUTE } from '../../../src/domain/time.ts';
import { aDeployment, anAct, aRelease, counting, NOW } from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';

const at = (minutes: number) => after(NOW, minutes * MINUTE);
const went = (environment: string, more: Partial<Deployment> = {}): Deployment =>
  aDeployment({ environment, state: 'succeeded', startedAt: NOW, finishedAt: at(5), ...more });
const back = (more: Partial<Deployment> = {}) =>
  went('us', { kind: 'rollback', startedAt: at(6), finishedAt: at(8), reason: 'errors', ...more });
const having = (...deployments: readonly Deployment[]): Situation => deploying(deployments, ['eu', 'us']);
const newer = { release: aRelease().id, number: 143, version: '2.15.0', places: ['eu'] };
const overtaken = (s: Situation): Situation => ({ ...s, around: { ...s.around, newer } });
const ended = (s: Situation) => endInPart(s, anAct(undefined, at(9)))?.after.release.state ?? null;

describe('one place went back while it came to the other', () => {
  it('is a failure to decide about, with its review', () => {
    const s = having(went('eu'), went('us'), back());
    expect(ended(s)).toMatchObject({ status: 'failed', reason: 'errors' });
    expect(endInPart(s, anAct())?.after.reviews.map(({ form }) => form)).toEqual(['failure']);
    expect(settle(s, at(9), counting()).after.release.state.status).toBe('failed');
  });

  it.each([
    ['while the other is on its way', having(went('us'), back(), aDeployment({ environment: 'eu' }))],
    ['while it goes back', having(went('eu'), went('us'), back({ state: 'running', finishedAt: null }))],
    ['where it came again since', having(went('eu'), went('us'), back(), went('us', { startedAt: at(9) }))],
    ['where an artifact before this one went back', having(went('eu'), back({ revision: 0 }))],
  ])('is nothing yet %s', (_, s) => expect(ended(s)).toBeNull());
});

describe('a newer one came before it was everywhere', () => {
  it('it is deployed where it came, and goes no further', () => {
    expect(ended(overtaken(having(went('us'))))).toMatchObject({ status: 'deployed', since: at(9), healthy: null });
    expect(ended(having(went('us')))).toBeNull();
  });

  it.each([
    ['nothing of it has come anywhere', having()],
    ['something of it still runs', having(went('us'), aDeployment({ environment: 'eu' }))],
    ['it is everywhere', having(went('us'), went('eu'))],
  ])('nothing ends where %s', (_, s) => expect(ended(overtaken(s))).toBeNull());

  it('it goes on to the rest once that one is gone, approved as it was', () => {
    const stopped = endInPart(overtaken(having(went('us'))), anAct())?.after as Situation;
    expect(goOn(stopped, at(9))).toBeNull();
    const free = { ...stopped, around: { ...stopped.around, newer: null } };
    const after = goOn(free, at(9))?.after;
    expect(after?.release.state).toMatchObject({ status: 'deploying', since: at(9) });
    expect(after?.round?.state).toBe(having(went('us')).round === null ? undefined : 'approved');
    // What was deployed everywhere, or came only so far by itself, stays as it is.
    expect(goOn({ ...free, deployments: [went('us'), went('eu')] }, at(9))).toBeNull();
  });
});
