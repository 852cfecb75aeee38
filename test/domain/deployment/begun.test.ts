/** The approval by which something goes on to the rest of its places. */
import { describe, expect, it } from 'vitest';
import { approve } from '../../../src/domain/approval/decide.ts';
import { submit } from '../../../src/domain/approval/submit.ts';
import { approvedFor } from '../../../src/domain/deployment/begun.ts';
import { succeedDeployment } from '../../../src/domain/deployment/outcome.ts';
import { reportHealth } from '../../../src/domain/deployment/report-health.ts';
import { startDeployment } from '../../../src/domain/deployment/start.ts';
import { obstacles, readiness } from '../../../src/domain/readiness.ts';
import type { Situation } from '../../../src/domain/situation.ts';
import { after, DAY, MINUTE } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import {
  ADAM,
  aCatalog,
  aDeployment,
  aGrant,
  anAct,
  aRelease,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
} from '../../support/builders.ts';
import { deploying } from '../../support/deploying.ts';

const newId = counting();
const by = (who = OWNER, now = NOW) => anAct(who, now, newId);
const CATALOG = aCatalog({
  environments: [
    { name: 'eu', protected: true, requires: null },
    { name: 'us', protected: true, requires: null },
  ],
});
const LATER = after(NOW, 30 * DAY);

const approved = (): Situation => {
  const s = aSituation({ release: aRelease({ targets: ['eu', 'us'] }), around: { catalog: CATALOG } });
  return done(approve(done(submit(s, by())).after, { hash: null, comment: null }, by(ADAM))).after;
};
const cameToEu = (): Situation => {
  const going = done(startDeployment(approved(), { environment: 'eu', reason: null }, by())).after;
  return done(succeedDeployment(going, { environment: 'eu' }, by(OWNER, after(NOW, MINUTE)))).after;
};
const words = (s: Situation, now = LATER): string =>
  sentenceText(approvedFor(s, 'us', now).sentence, { names: { [ADAM]: 'adam' }, command: '/release', zone: 'UTC' });

describe('what is in one of its places by an approval', () => {
  it('is approved for the others, however long ago that was and whoever left since', () => {
    const s = cameToEu();
    expect(words(s)).toBe('approved by adam; it began in eu in its time');
    const left = { ...s, around: { ...s.around, inactive: [ADAM] } };
    expect(approvedFor(left, 'us', LATER).state).toBe('pass');
    expect(words(s, after(NOW, MINUTE))).toBe('approved by adam');
    expect(obstacles(readiness(left, 'us', LATER))).toEqual([]);
  });

  it('is so where it is not healthy as well, which is said apart', () => {
    const act = by(OWNER, after(NOW, 2 * MINUTE));
    const sick = done(reportHealth(cameToEu(), { healthy: false, reason: 'slow', environment: 'eu' }, act)).after;
    expect(approvedFor(sick, 'us', LATER).state).toBe('pass');
    const warned = readiness(sick, 'us', LATER).checks.filter(({ state }) => state === 'warn');
    expect(warned.map(({ code }) => code)).toEqual(['release.health']);
  });
});

describe('what is in none of them', () => {
  it('is approved as long as its approval lasts', () => {
    expect(approvedFor(approved(), 'us', NOW).state).toBe('pass');
    expect(approvedFor(approved(), 'us', LATER)).toMatchObject({ code: 'approval.lapsed', state: 'wait' });
  });
});

describe('what nobody approved, and is in one of them', () => {
  it.each([
    ['as an emergency', aGrant(), 'an emergency has to be declared as well'],
    ['unasked', null, 'roll it back, or bring another version'],
  ])('%s is approved for no other, and says the way', (_, grant, way) => {
    const came = aDeployment({ environment: 'eu', state: 'succeeded', startedAt: NOW, finishedAt: NOW });
    const s = deploying([came], ['eu', 'us']);
    const draft = { status: 'draft', since: NOW, returned: null } as const;
    const there: Situation = {
      ...s,
      breakGlass: grant === null ? null : { ...grant, usedBy: came.id },
      release: {
        ...s.release,
        state: { status: 'deploying', since: NOW, deployment: came.id, from: draft },
      },
    };
    const check = approvedFor(there, 'us', NOW);
    expect(check.state).toBe('wait');
    expect(JSON.stringify(check.fix)).toContain(way);
  });
});
