/** What is planned beside a release. */
import { describe, expect, it } from 'vitest';
import { conflicts, type Plan } from '../../../src/domain/plan/conflicts.ts';
import type { When } from '../../../src/domain/release/release.ts';
import { after, HOUR, type Instant } from '../../../src/domain/time.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { ADAM, aRelease, aSituation, NOW, OWNER } from '../../support/builders.ts';

const at = (hours: number, length: number | null = null): When => ({
  kind: 'at',
  start: after(NOW, hours * HOUR),
  end: length === null ? null : after(NOW, (hours + length) * HOUR),
});
const plan = (more: Partial<Plan> = {}): Plan => ({
  number: 9,
  service: 'search',
  affects: [],
  version: '4.2.0',
  runner: ADAM,
  when: at(5),
  ...more,
});
const of = (plans: readonly Plan[], when: When = at(4), more = {}, now: Instant = NOW) =>
  conflicts(aSituation({ release: aRelease({ when, ...more }), around: { plans } }), now).map((sentence) =>
    sentenceText(sentence, { names: { [OWNER]: 'olivia' }, command: '/release', zone: 'UTC' }),
  );

describe('conflicts of a plan', () => {
  it.each<[string, Plan, object, RegExp | null]>([
    ['another service, another person', plan(), {}, null],
    [
      'a release that affects its service',
      plan({ affects: ['checkout'] }),
      {},
      /search 4\.2\.0 \(REL-9\) is planned for .*about checkout as well/,
    ],
    ['a release of a service that it affects', plan(), { affects: ['search'] }, /about search as well/],
    [
      'its deployer, who deploys another one',
      plan({ runner: OWNER }),
      {},
      /olivia deploys search 4\.2\.0 \(REL-9\) at/,
    ],
    ['its deployer, at another time', plan({ runner: OWNER, when: at(9) }), {}, null],
    ['its deployer, before it', plan({ runner: OWNER, when: at(3, 1) }), {}, null],
    ['somebody who deploys for its owner', plan({ runner: OWNER }), { deployer: ADAM }, null],
    ['a release that is planned for no time', plan({ affects: ['checkout'], when: { kind: 'asap' } }), {}, null],
  ])('%s', (_, other, more, words) => {
    const found = of([other], at(4), more);
    if (words === null) expect(found).toEqual([]);
    else expect(found.join()).toMatch(words);
  });

  it('are none of a plan without a time, or of one that is past', () => {
    const other = plan({ affects: ['checkout'] });
    expect(of([other], { kind: 'asap' })).toEqual([]);
    expect(of([{ ...other, when: at(4) }], at(4, 1), {}, after(NOW, 6 * HOUR))).toEqual([]);
  });
});
