/** What waits for a person and what is theirs, as rows: for `/release` alone. */
import { roundsAsking } from '../approvals/round-store.ts';
import { snapshot } from '../db/transact.ts';
import { liveDecisions } from '../domain/approval-policy.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import { nameOf } from '../domain/release.ts';
import type { Situation } from '../domain/situation.ts';
import { cardParts } from '../releases/release-card.ts';
import { openReleasesOf } from '../releases/release-store.ts';
import { dueReviewsOf } from '../reviews/review-store.ts';
import { readSituations } from '../situation/read-situations.ts';
import { ACTIONS, packValue } from '../slack/ids.ts';
import type { ButtonSpec } from '../slack/kit.ts';
import { dateToken, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import type { Request } from '../slack/requests.ts';

export type HomeRow = { waits: boolean; line: Mrkdwn; buttons: readonly ButtonSpec[] };

const approvalRow = (s: Situation, request: Request): HomeRow[] => {
  const { round, release } = s;
  if (round === null || liveDecisions(round).some(({ actor }) => actor === request.actor)) return [];
  const value = packValue(release.id, round.id, round.hash);
  return [
    {
      waits: true,
      line: md`Approve ${nameOf(release)} → ${nextEnvironment(s)} · decide by ${dateToken(round.expiresAt)}`,
      buttons: [
        { text: 'Approve', action: ACTIONS.approve, value, style: 'primary' },
        { text: 'Open', action: ACTIONS.show, value: release.id },
      ],
    },
  ];
};

/** Reads everything with a fixed number of queries, whatever the amount of data. */
export const releaseRow = (request: Request): Promise<readonly HomeRow[]> =>
  snapshot(request.deps.database, async (db) => {
    const { workspace, now } = request.ctx;
    const asking = await roundsAsking(db, workspace, request.actor);
    const due = await dueReviewsOf(db, workspace, request.actor, now);
    const mine = await openReleasesOf(db, workspace, request.actor, 5);
    const ids = [...new Set([...asking, ...due.map(({ release }) => release), ...mine.map(({ id }) => id)])];
    const situations = new Map((await readSituations(db, workspace, ids, now)).map((s) => [s.release.id, s]));
    const of = <Row>(
      list: readonly Row[],
      id: (row: Row) => Situation['release']['id'],
      make: (s: Situation, row: Row) => HomeRow[],
    ) =>
      list.flatMap((row) => {
        const s = situations.get(id(row));
        return s === undefined ? [] : make(s, row);
      });
    return [
      ...of(
        asking,
        (id) => id,
        (s) => approvalRow(s, request),
      ),
      ...of(
        due,
        ({ release }) => release,
        (s, { review }) => [
          {
            waits: true,
            line: md`Review ${nameOf(s.release)} · due ${dateToken(review.dueAt)}`,
            buttons: [{ text: 'Review…', action: ACTIONS.review, value: s.release.id }],
          },
        ],
      ),
      ...of(
        mine,
        ({ id }) => id,
        (s) => {
          const parts = cardParts(s, now, request.voice);
          return [
            {
              waits: false,
              line: md`${parts.headline} ${parts.next}`,
              buttons: [{ text: 'Open', action: ACTIONS.show, value: s.release.id }],
            },
          ];
        },
      ),
    ];
  });
