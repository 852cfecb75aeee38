import { describe, expect, it } from 'vitest';
import { reportDeployment, type UnaskedInput } from '../../../src/domain/deployment/unasked.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, HOUR, MINUTE } from '../../../src/domain/time.ts';
import {
  aDeployment,
  aFreeze,
  anAct,
  aRelease,
  aSituation,
  done,
  NOW,
  OWNER,
  refusalOf,
} from '../../support/builders.ts';
import { DEPLOYED } from '../../support/deployed.ts';
import { approved } from '../../support/deploying.ts';

const input: UnaskedInput = {
  environment: 'production',
  secondsAgo: 600,
  reason: 'Signalbox could not be reached',
  sha: null,
  digest: null,
  run: 'https://ci.example.com/1',
};
const report = (s: Situation, more: Partial<UnaskedInput> = {}) =>
  reportDeployment(s, { ...input, ...more }, anAct(OWNER));
const draft = aSituation({ release: aRelease() });
const free = aSituation({ release: aRelease({ state: approved }) });

describe('a deployment that nobody was asked about', () => {
  it('runs since it started, whatever was in its way, and what that was is kept', () => {
    const { after: s, events } = done(report(draft));
    expect(s.release.state).toMatchObject({ status: 'deploying', from: { status: 'draft' } });
    expect(s.deployments).toMatchObject([
      { environment: 'production', state: 'running', startedAt: after(NOW, -10 * MINUTE), run: input.run },
    ]);
    expect(events).toMatchObject([
      { kind: 'deployment.started', due: after(NOW, -10 * MINUTE), data: { reasons: ['unasked'] } },
      { kind: 'deployment.unasked', words: input.reason, data: { environment: 'production' } },
    ]);
    const unasked = events.find(({ kind }) => kind === 'deployment.unasked');
    expect(unasked?.data).toMatchObject({ inTheWay: expect.arrayContaining(['approval']) });
  });

  it('says so where nothing would have been', () => {
    expect(done(report(free)).events.at(-1)?.data).toMatchObject({ inTheWay: [] });
  });

  it('names the freeze that it went against, and the artifact that it was', () => {
    const freeze = aFreeze({ startsAt: after(NOW, -HOUR), endsAt: after(NOW, HOUR) });
    const known = aSituation({
      release: aRelease({ state: approved, artifact: { revision: 1, sha: null, digest: `sha256:${'a'.repeat(64)}` } }),
      around: { freezes: [freeze] },
    });
    const digest = `sha256:${'b'.repeat(64)}`;
    expect(done(report(known, { digest })).events.at(-1)?.data).toMatchObject({
      inTheWay: expect.arrayContaining(['freeze', 'artifact']),
      artifact: digest,
    });
  });

  it('changes no status in a place that is not protected', () => {
    expect(done(report(draft, { environment: 'staging' })).after.release.state.status).toBe('draft');
  });

  it.each([
    ['to a place that there is not', draft, { environment: 'moon' }, 'not_found'],
    ['without a reason', draft, { reason: ' ' }, 'fields'],
    ['of what is no artifact', draft, { digest: 'latest' }, 'fields'],
    ['of what is deployed', aSituation({ release: aRelease({ state: DEPLOYED }) }), {}, 'status'],
    ['where it is being deployed', aSituation({ deployments: [aDeployment()] }), {}, 'status'],
  ] as const)('is refused %s', (_, s, more, code) => expect(refusalOf(report(s, more)).code).toBe(code));
});
