/** Rounds with their decisions, questions and asks. */

import { type Selectable, sql } from 'kysely';
import type { Db } from '../db/connection.ts';
import { build } from '../db/prepared.ts';
import type { RowOf, Saved } from '../db/rows.ts';
import type { AsksTable, DecisionsTable, QuestionsTable, RoundsTable } from '../db/schema.ts';
import type { ApprovalDecision, Ask, Question, Round } from '../domain/approval/round.ts';
import type { ReleaseId, RoundId, UserId, WorkspaceId } from '../domain/ids.ts';
import { ownFrom } from '../domain/own.ts';
import type { Situation } from '../domain/situation.ts';
import { asked, changed, isOfReleases, part } from '../situation/parts.ts';

const toDecision = (row: Selectable<DecisionsTable>): ApprovalDecision => ({
  id: row.id,
  actor: row.actor,
  onBehalfOf: row.on_behalf_of,
  verdict: row.verdict,
  comment: row.comment,
  hash: row.hash,
  at: row.at,
  retractedAt: row.retracted_at,
  carriedFrom: row.carried_from,
});

const toQuestion = (row: Selectable<QuestionsTable>): Question => ({
  id: row.id,
  asker: row.asker,
  text: row.text,
  askedAt: row.asked_at,
  answer: row.answer,
  answeredBy: row.answered_by,
  answeredAt: row.answered_at,
});

const toAsk = (row: Selectable<AsksTable>): Ask => ({ person: row.person, at: row.at, wave: row.wave });

const toRound = (row: Selectable<RoundsTable>, parts: Pick<Round, 'decisions' | 'questions' | 'asks'>): Round => ({
  id: row.id,
  n: row.n,
  state: row.state,
  openedAt: row.opened_at,
  openedBy: row.opened_by,
  expiresAt: row.expires_at,
  endedAt: row.ended_at,
  validUntil: row.valid_until,
  remindAt: row.remind_at,
  remindedAt: row.reminded_at,
  stuckSince: row.stuck_since,
  trail: row.trail,
  since: row.earlier === null ? null : { ...row.earlier, dropped: row.earlier.dropped ?? [] },
  snapshot: row.snapshot,
  hash: row.hash,
  policy: row.policy,
  rules: row.rules,
  gates: row.gates,
  members: row.members,
  catalogVersion: row.catalog_version,
  ...parts,
});

const roundRow = (workspace: WorkspaceId, release: ReleaseId, round: Round): RowOf<'rounds'> => ({
  workspace_id: workspace,
  release_id: release,
  id: round.id,
  n: round.n,
  state: round.state,
  opened_at: round.openedAt,
  opened_by: round.openedBy,
  expires_at: round.expiresAt,
  ended_at: round.endedAt,
  valid_until: round.validUntil,
  remind_at: round.remindAt,
  reminded_at: round.remindedAt,
  stuck_since: round.stuckSince,
  trail: round.trail,
  earlier: round.since,
  snapshot: round.snapshot,
  hash: round.hash,
  policy: round.policy,
  rules: round.rules,
  gates: round.gates,
  members: round.members,
  catalog_version: round.catalogVersion,
});

const decisionRow = (workspace: WorkspaceId, round: RoundId, given: ApprovalDecision): RowOf<'decisions'> => ({
  workspace_id: workspace,
  id: given.id,
  round_id: round,
  actor: given.actor,
  on_behalf_of: given.onBehalfOf,
  verdict: given.verdict,
  comment: given.comment,
  hash: given.hash,
  at: given.at,
  retracted_at: given.retractedAt,
  carried_from: given.carriedFrom,
});

const questionRow = (workspace: WorkspaceId, round: RoundId, question: Question): RowOf<'questions'> => ({
  workspace_id: workspace,
  id: question.id,
  round_id: round,
  asker: question.asker,
  text: question.text,
  asked_at: question.askedAt,
  answer: question.answer,
  answered_by: question.answeredBy,
  answered_at: question.answeredAt,
});

/** A round that a new one replaced while it was live is marked as invalidated, before the new one is there: one may be open. */
const replaced = (before: Round | null, after: Round): readonly Round[] =>
  before !== null && before.id !== after.id && (before.state === 'open' || before.state === 'approved')
    ? [{ ...before, state: 'invalidated', endedAt: after.openedAt }]
    : [];

const savedRound = (before: Situation, { release, round }: Situation): readonly Saved[] => {
  if (round === null || before.round === round) return [];
  const { workspace } = release;
  const same = before.round?.id === round.id ? before.round : null;
  return [
    {
      table: 'rounds',
      rows: [...replaced(before.round, round), round].map((each) => roundRow(workspace, release.id, each)),
    },
    {
      table: 'decisions',
      rows: changed(same?.decisions ?? [], round.decisions).map((given) => decisionRow(workspace, round.id, given)),
    },
    {
      table: 'questions',
      rows: changed(same?.questions ?? [], round.questions).map((question) =>
        questionRow(workspace, round.id, question),
      ),
    },
    {
      table: 'asks',
      rows: changed(same?.asks ?? [], round.asks).map((ask) => ({
        workspace_id: workspace,
        round_id: round.id,
        ...ask,
      })),
    },
  ];
};

const latestRounds = build
  .selectFrom('rounds')
  .selectAll()
  .distinctOn('release_id')
  .where('workspace_id', '=', asked.workspace)
  .where(isOfReleases)
  .orderBy('release_id')
  .orderBy('n', 'desc');

/** They are found once, under this name. */
const latest = sql<Selectable<RoundsTable>>`latest`.as('latest');
const idsOfLatest = build.selectFrom(latest).select('latest.id');

/** The latest round of each release and everything in it. */
export const roundPart = part(
  {
    rounds: build.selectFrom(latest).selectAll(),
    decisions: build
      .selectFrom('decisions')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where('round_id', 'in', idsOfLatest)
      .orderBy('at')
      .orderBy('id'),
    questions: build
      .selectFrom('questions')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where('round_id', 'in', idsOfLatest)
      .orderBy('asked_at'),
    asks: build
      .selectFrom('asks')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where('round_id', 'in', idsOfLatest)
      .orderBy('at')
      .orderBy('person'),
  },
  ({ rounds, decisions, questions, asks }) => {
    const byId = new Map(rounds.map((row) => [row.release_id, row]));
    return ({ id }) => {
      const row = byId.get(id);
      const inIt = <Row extends { round_id: RoundId }>(rows: readonly Row[]) =>
        rows.filter((each) => each.round_id === row?.id);
      const round =
        row === undefined
          ? null
          : toRound(row, {
              decisions: inIt(decisions).map(toDecision),
              questions: inIt(questions).map(toQuestion),
              asks: inIt(asks).map(toAsk),
            });
      return { own: { round } };
    };
  },
  savedRound,
  { latest: latestRounds },
);

/** How often each person was asked lately. */
export const askedLatelyPart = part(
  {
    // Counted up to fifty: it only says who was asked least, and a busy week must not make every click slower.
    askedLately: build
      .selectFrom(sql<{ person: UserId }>`(select unnest(${asked.people}::text[]) as person)`.as('everybody'))
      .innerJoinLateral(
        sql<{ times: number }>`(select count(*)::int as times from (
          select from asks where workspace_id = ${asked.workspace} and asks.person = everybody.person and at > ${asked.weekAgo} limit 50) few)`.as(
          'lately',
        ),
        (join) => join.onTrue(),
      )
      .select(['everybody.person', 'lately.times']),
  },
  (rows) => {
    const askedLately = ownFrom(rows.askedLately.map(({ person, times }) => [person, Number(times)]));
    return () => ({ around: { askedLately } });
  },
);

export const MOST_ASKED = 50;

/** Open rounds in which the person was asked, newest first. */
export const roundsAsking = async (db: Db, workspace: WorkspaceId, person: UserId): Promise<readonly ReleaseId[]> => {
  const rows = await db
    .selectFrom('asks')
    .innerJoin('rounds', (join) =>
      join.onRef('rounds.workspace_id', '=', 'asks.workspace_id').onRef('rounds.id', '=', 'asks.round_id'),
    )
    .select(['rounds.release_id'])
    .where('asks.workspace_id', '=', workspace)
    .where('asks.person', '=', person)
    .where(sql<boolean>`rounds.state = 'open'`)
    .orderBy('rounds.opened_at', 'desc')
    .limit(MOST_ASKED)
    .execute();
  return rows.map(({ release_id }) => release_id);
};
