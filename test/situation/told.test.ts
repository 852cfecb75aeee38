/** Who is told what by an act, where a wrong word or a missing call would leave people waiting. */
import { describe, expect, it } from 'vitest';
import { publicState } from '../../src/announcements/stakeholder-words.ts';
import { approve } from '../../src/domain/approval/decide.ts';
import { submit } from '../../src/domain/approval/submit.ts';
import { userId } from '../../src/domain/ids.ts';
import { addChange } from '../../src/domain/plan/changes.ts';
import { messagesFor } from '../../src/situation/messages-for.ts';
import { seenBy } from '../../src/situation/seen-by.ts';
import {
  ADAM,
  aCatalogOf,
  aDeployment,
  afterOf,
  anAct,
  aRelease,
  aRule,
  aSituation,
  counting,
  done,
  NOW,
  OWNER,
} from '../support/builders.ts';
import { approved } from '../support/deploying.ts';

const newId = counting();

describe('what stakeholders read', () => {
  it.each([
    ['staging', 'coming'],
    ['production', 'being repaired'],
  ])('of a release that went to %s is %s: only where it was meant to go counts', (environment, words) => {
    const seen = seenBy(
      aSituation({
        release: aRelease({ state: approved, customers: 'Faster' }),
        deployments: [aDeployment({ environment, state: 'succeeded', finishedAt: NOW })],
      }),
      ADAM,
    );
    expect(seen && publicState(seen)).toBe(words);
  });
});

describe('a group above fifteen', () => {
  const people = Array.from({ length: 20 }, (_, n) => userId(`U9LEAD${n}`));
  const base = aCatalogOf({ all: [aRule({ groups: ['leads'] })] });
  const catalog = {
    ...base,
    groups: { ...base.groups, leads: { people, slack: { id: 'S1', handle: '@leads', team: null, typed: [] } } },
  };

  it('is called in the thread of a second round as in the first', () => {
    const asked = afterOf(submit(aSituation({ around: { catalog } }), anAct(OWNER, NOW, newId)));
    const given = afterOf(approve(asked, { hash: null, comment: null }, anAct(people[0], NOW, newId)));
    const change = { title: 'One more', link: null, type: 'other', author: OWNER, customers: false } as const;
    const { after, events } = done(addChange(given, change, anAct(OWNER, NOW, newId)));
    const named = events.map((event) => ({ ...event, id: newId('event') }));
    const lines = messagesFor(given, after, named, OWNER, NOW).filter(({ kind }) => kind === 'thread-line');
    const opened = named.find(({ kind }) => kind === 'round.opened');
    expect(after.round?.asks).toEqual([]);
    expect(lines.map(({ subject }) => subject)).toContain(opened?.id);
  });
});
