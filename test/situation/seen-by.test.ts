import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { submit } from '../../src/domain/approval/submit.ts';
import { readiness } from '../../src/domain/readiness.ts';
import type { ReleaseState } from '../../src/domain/release/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { after, HOUR } from '../../src/domain/time.ts';
import { eventSeen, seenBy, type Viewer } from '../../src/situation/seen-by.ts';
import {
  ADAM,
  aCatalog,
  aChange,
  anAct,
  anAction,
  aRelease,
  aReview,
  aSituation,
  BELLA,
  counting,
  NOW,
  OWNER,
  QUINN,
  RITA,
} from '../support/builders.ts';

const SECRET = 'the hole is in the login';
const newId = counting();

/** A restricted release with a person's words in every place that can hold some. */
const wordy = (state: ReleaseState): Situation => {
  const release = aRelease({
    title: SECRET,
    customers: SECRET,
    rollbackPlan: SECRET,
    answers: { schema: false, irreversible: false, downtime: false, restricted: true },
    changes: [aChange({ title: SECRET, link: `https://git.example.com/${encodeURIComponent(SECRET)}` })],
    everAsked: true,
    state,
  });
  const asked = submit(
    aSituation({ release: { ...release, state: { status: 'draft', since: NOW, returned: null } } }),
    anAct(),
  );
  if (!asked.ok || asked.value.after.round === null) throw new Error('it could not be asked for');
  const { round } = asked.value.after;
  const deployment = {
    id: newId('deployment'),
    release: release.id,
    service: 'checkout',
    environment: 'production',
    version: '2.14.0',
    revision: 1,
    sha: null,
    digest: null,
    kind: 'deploy' as const,
    attempt: 1,
    state: 'failed' as const,
    startedBy: OWNER,
    runBy: OWNER,
    startedAt: NOW,
    finishedAt: NOW,
    finishedBy: OWNER,
    deadline: after(NOW, HOUR),
    reason: SECRET,
    unhealthyAt: null,
    unhealthyBy: null,
    healthyAgainAt: null,
    step: { words: SECRET, percent: null, at: NOW },
    run: null,
    cause: null,
    inARow: null,
    checklist: [],
    signals: [],
    probedAt: null,
    rollout: {
      strategy: 'canary',
      steps: [{ name: '1 %', percent: 1, bakeMinutes: 0 }],
      index: 0,
      since: NOW,
      began: [],
      paused: { by: OWNER, reason: SECRET, since: NOW },
      stopped: [],
      passed: [],
    },
    before: '2.13.1',
  };
  return {
    ...asked.value.after,
    release: { ...release, hold: { by: OWNER, reason: SECRET, since: NOW, until: null } },
    round: {
      ...round,
      decisions: [
        {
          id: newId('decision'),
          actor: ADAM,
          onBehalfOf: null,
          verdict: 'reject',
          comment: SECRET,
          hash: round.hash,
          at: NOW,
          retractedAt: null,
          carriedFrom: null,
        },
      ],
      questions: [
        {
          id: newId('question'),
          asker: ADAM,
          text: SECRET,
          askedAt: NOW,
          answer: SECRET,
          answeredBy: OWNER,
          answeredAt: NOW,
        },
      ],
    },
    gates: [
      {
        id: newId('gateResult'),
        gate: 'regression',
        revision: 1,
        outcome: 'failed',
        actor: QUINN,
        comment: SECRET,
        at: NOW,
        expiresAt: null,
        evidence: null,
        digest: null,
      },
    ],
    deployments: [deployment],
    breakGlass: {
      id: newId('breakGlass'),
      environment: 'production',
      justification: SECRET,
      incident: SECRET,
      by: OWNER,
      second: null,
      grantedAt: NOW,
      expiresAt: after(NOW, HOUR),
      usedBy: null,
      judgeBy: after(NOW, HOUR),
      verdict: null,
      judgedBy: null,
      judgedAt: null,
    },
    reviews: [aReview({ answers: { happened: SECRET } })],
    actions: [anAction({ text: SECRET, reason: SECRET })],
    exceptions: [
      {
        id: newId('exception'),
        freeze: newId('freeze'),
        release: release.id,
        environment: 'production',
        reason: SECRET,
        urgency: 'today',
        blastRadius: SECRET,
        rollback: SECRET,
        usedBy: null,
        requestedBy: OWNER,
        requestedAt: NOW,
        verdict: 'denied',
        decidedBy: RITA,
        decidedAt: NOW,
        reply: null,
        validUntil: after(NOW, HOUR),
      },
    ],
  };
};

const failed = { status: 'failed', since: NOW, reason: SECRET } as const;
const STATES: readonly ReleaseState[] = [
  { status: 'draft', since: NOW, returned: { why: 'rejected', by: ADAM, reason: SECRET } },
  { status: 'awaiting_approval', since: NOW, round: newId('round') },
  {
    status: 'approved',
    since: NOW,
    by: { kind: 'policy', policy: 'default', catalogVersion: 7 },
    validUntil: after(NOW, HOUR),
  },
  { status: 'deploying', since: NOW, deployment: newId('deployment'), from: failed },
  { status: 'deployed', since: NOW, before: '2.13.1', healthy: false },
  failed,
  { status: 'rolled_back', since: NOW, to: '2.13.1', reason: SECRET },
  { status: 'closed', since: NOW, by: OWNER, outcome: 'failed', from: failed },
  { status: 'cancelled', since: NOW, by: OWNER, reason: SECRET, replacedBy: null, from: null },
];

/** `{ title: 'x', since: … }` as `title: string`: what is there, whatever stands in it. */
const shapeOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(shapeOf)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
      : value === null
        ? null
        : typeof value;

describe.each(STATES)('a restricted release that is $status', (state) => {
  const s = wordy(state);

  it.each<[string, Viewer]>([
    ['somebody without a part in it', QUINN],
    ['a team’s channel', 'team'],
    ['the stakeholders’ channel', 'stakeholders'],
  ])('shows %s not one word of it', (_, viewer) => {
    const seen = seenBy(s, viewer);
    expect(seen?.release.withheld).toBe(true);
    expect(JSON.stringify(seen)).not.toContain(SECRET);
    expect(JSON.stringify(seen)).not.toContain(encodeURIComponent(SECRET));
  });

  it.each([
    ['its owner', OWNER],
    ['an owner of the service', BELLA],
    ['who has to judge the emergency', RITA],
  ])('shows everything to %s', (_, viewer) => {
    expect(seenBy(s, viewer)).toMatchObject({ ...s, release: { ...s.release, withheld: false } });
  });

  it('has every thing in its place, whoever looks: only words differ', () => {
    const seen = seenBy(s, QUINN);
    const { withheld: _, ...release } = seen?.release ?? { withheld: true };
    const bare = {
      ...s,
      release: { ...s.release, changes: s.release.changes.map((each) => ({ ...each, link: null })) },
    };
    const round = s.round === null ? null : { ...s.round, snapshot: seen?.round?.snapshot };
    expect(shapeOf({ ...seen, release })).toEqual(shapeOf({ ...bare, round }));
  });

  it('gets the same verdict, check by check, whoever asks', () => {
    const verdict = (asked: Situation) =>
      readiness(asked, 'production', NOW).checks.map(({ code, state: result, until }) => [code, result, until]);
    const seen = seenBy(s, QUINN);
    if (seen === null) throw new Error('it is not there');
    expect(verdict(seen)).toEqual(verdict(s));
  });
});

it('an event of it comes without the words', () => {
  const s = wordy(failed);
  const event = { kind: 'deployment.failed', words: SECRET } as unknown as Parameters<typeof eventSeen>[0];
  const [stranger, owner] = [seenBy(s, 'team'), seenBy(s, OWNER)];
  if (stranger === null || owner === null) throw new Error('it is not there');
  expect(eventSeen(event, stranger.release).words).toBeNull();
  expect(eventSeen(event, owner.release).words).toBe(SECRET);
});

it('who is asked to decide an exception reads why', () => {
  const s = wordy(failed);
  const [exception] = s.exceptions;
  if (exception === undefined) throw new Error('no exception');
  const freeze = { id: exception.freeze, approvers: 'qa' } as Situation['around']['freezes'][number];
  const asked: Situation = {
    ...s,
    exceptions: [{ ...exception, verdict: 'requested' }],
    around: { ...s.around, freezes: [freeze] },
  };
  expect(seenBy(asked, QUINN)?.exceptions[0]?.reason).toBe(SECRET);
  expect(seenBy({ ...asked, exceptions: s.exceptions }, QUINN)?.release.withheld).toBe(true);
});

describe('a draft that nobody was asked about', () => {
  const gates = [
    { name: 'regression', when: {}, before: 'approval' as const, owners: ['qa'], waive: 'release_manager' as const },
  ];
  const draft = aSituation({ release: aRelease({ deployer: BELLA }) });
  const gated: Situation = { ...draft, around: { ...draft.around, catalog: aCatalog({ gates }) } };
  const cancelled: Situation = {
    ...gated,
    release: {
      ...gated.release,
      state: { status: 'cancelled', since: NOW, by: OWNER, reason: 'not needed', replacedBy: null, from: null },
    },
  };

  it.each<[string, Situation, Viewer, boolean]>([
    ['its owner', draft, OWNER, true],
    ['its deployer', draft, BELLA, true],
    ['a release manager', draft, RITA, false],
    ['an owner of the service', draft, ADAM, false],
    ['a channel of the team', draft, 'team', false],
    ['the stakeholders', draft, 'stakeholders', false],
    ['who has to pass a gate of it', gated, QUINN, true],
    ['the same person, once it is cancelled', cancelled, QUINN, false],
    ['its owner, once it is cancelled', cancelled, OWNER, true],
  ])('is there, or not, for %s', (_, s, viewer, there) => {
    expect(seenBy(s, viewer) !== null).toBe(there);
  });

  it('and everybody sees it once somebody was asked', () => {
    fc.assert(
      fc.property(fc.constantFrom<Viewer>(OWNER, ADAM, QUINN, RITA, 'team', 'stakeholders'), (viewer) => {
        expect(seenBy({ ...draft, release: { ...draft.release, everAsked: true } }, viewer)).not.toBeNull();
      }),
    );
  });
});
