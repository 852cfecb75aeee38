/** Rounds with their decisions, questions and asks; gate results. */
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../db/connection.ts';
import { json, jsonOrNull } from '../db/contract.ts';
import { reading, rowsOf } from '../db/reading.ts';
import type { AsksTable, DecisionsTable, GateResultsTable, QuestionsTable, RoundsTable } from '../db/schema.ts';
import type { Id, ReleaseId, RoundId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { ApprovalDecision, Ask, GateResult, Question, Round } from '../domain/situation.ts';

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
  snapshot: row.snapshot,
  hash: row.hash,
  policy: row.policy,
  rules: row.rules,
  gates: row.gates,
  members: row.members,
  catalogVersion: row.catalog_version,
  ...parts,
});

const roundRow = (workspace: WorkspaceId, release: ReleaseId, round: Round): Insertable<RoundsTable> => ({
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
  snapshot: json(round.snapshot),
  hash: round.hash,
  policy: round.policy,
  rules: json(round.rules),
  gates: json(round.gates),
  members: jsonOrNull(round.members),
  catalog_version: round.catalogVersion,
});

/** The latest round of each release and everything in it, as readings; `assembleRounds` puts them together. */
export const roundReadings = (db: Db, workspace: WorkspaceId, releases: readonly ReleaseId[]) => {
  const latest = db
    .selectFrom('rounds')
    .selectAll()
    .distinctOn('release_id')
    .where('workspace_id', '=', workspace)
    .where('release_id', 'in', [...releases])
    .orderBy('release_id')
    .orderBy('n', 'desc');
  const ids = db.selectFrom(latest.as('latest')).select('latest.id');
  return {
    rounds: rowsOf(latest),
    decisions: rowsOf(
      db
        .selectFrom('decisions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('round_id', 'in', ids)
        .orderBy('at')
        .orderBy('id'),
    ),
    questions: rowsOf(
      db
        .selectFrom('questions')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('round_id', 'in', ids)
        .orderBy('asked_at'),
    ),
    asks: rowsOf(
      db
        .selectFrom('asks')
        .selectAll()
        .where('workspace_id', '=', workspace)
        .where('round_id', 'in', ids)
        .orderBy('at')
        .orderBy('person'),
    ),
  };
};

type RoundRows = {
  rounds: readonly Selectable<RoundsTable>[];
  decisions: readonly Selectable<DecisionsTable>[];
  questions: readonly Selectable<QuestionsTable>[];
  asks: readonly Selectable<AsksTable>[];
};

export const assembleRounds = (rows: RoundRows): ReadonlyMap<ReleaseId, Round> => {
  const of = <Row extends { round_id: RoundId }>(list: readonly Row[], id: RoundId) =>
    list.filter((row) => row.round_id === id);
  return new Map(
    rows.rounds.map((row) => [
      row.release_id,
      toRound(row, {
        decisions: of(rows.decisions, row.id).map(toDecision),
        questions: of(rows.questions, row.id).map(toQuestion),
        asks: of(rows.asks, row.id).map(toAsk),
      }),
    ]),
  );
};

const insertDecision = async (
  tx: Tx,
  workspace: WorkspaceId,
  round: RoundId,
  given: ApprovalDecision,
): Promise<void> => {
  await tx
    .insertInto('decisions')
    .values({
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
    })
    .execute();
};

const saveDecisions = async (tx: Tx, workspace: WorkspaceId, before: Round | null, after: Round): Promise<void> => {
  const known = new Map(before?.id === after.id ? before.decisions.map((given) => [given.id, given]) : []);
  const retracted = after.decisions.filter(
    (given) => known.has(given.id) && known.get(given.id)?.retractedAt !== given.retractedAt,
  );
  for (const given of retracted) {
    await tx
      .updateTable('decisions')
      .set({ retracted_at: given.retractedAt })
      .where('workspace_id', '=', workspace)
      .where('id', '=', given.id)
      .execute();
  }
  for (const given of after.decisions.filter(({ id }) => !known.has(id)))
    await insertDecision(tx, workspace, after.id, given);
};

const saveQuestions = async (tx: Tx, workspace: WorkspaceId, before: Round | null, after: Round): Promise<void> => {
  const known = new Map(before?.questions.map((question) => [question.id, question]) ?? []);
  for (const question of after.questions) {
    if (known.get(question.id) === question) continue;
    const row = {
      workspace_id: workspace,
      id: question.id,
      round_id: after.id,
      asker: question.asker,
      text: question.text,
      asked_at: question.askedAt,
      answer: question.answer,
      answered_by: question.answeredBy,
      answered_at: question.answeredAt,
    };
    await tx
      .insertInto('questions')
      .values(row)
      .onConflict((oc) => oc.columns(['workspace_id', 'id']).doUpdateSet(row))
      .execute();
  }
};

const saveAsks = async (tx: Tx, workspace: WorkspaceId, before: Round | null, after: Round): Promise<void> => {
  const known = new Set(before?.id === after.id ? before.asks : []);
  const rows = after.asks
    .filter((ask) => !known.has(ask))
    .map((ask) => ({ workspace_id: workspace, round_id: after.id, ...ask }));
  if (rows.length === 0) return;
  await tx
    .insertInto('asks')
    .values(rows)
    .onConflict((oc) =>
      oc
        .columns(['workspace_id', 'round_id', 'person'])
        .doUpdateSet((eb) => ({ at: eb.ref('excluded.at'), wave: eb.ref('excluded.wave') })),
    )
    .execute();
};

/** Writes what changed of the round. A round that a new one replaced while it was live is marked as invalidated. */
export const saveRound = async (
  tx: Tx,
  workspace: WorkspaceId,
  release: ReleaseId,
  before: Round | null,
  after: Round,
): Promise<void> => {
  if (before === after) return;
  if (before !== null && before.id !== after.id && (before.state === 'open' || before.state === 'approved')) {
    const ended = { state: 'invalidated' as const, ended_at: after.openedAt };
    await tx
      .updateTable('rounds')
      .set(ended)
      .where('workspace_id', '=', workspace)
      .where('id', '=', before.id)
      .execute();
  }
  const row = roundRow(workspace, release, after);
  await (before?.id === after.id
    ? tx.updateTable('rounds').set(row).where('workspace_id', '=', workspace).where('id', '=', after.id).execute()
    : tx.insertInto('rounds').values(row).execute());
  await saveDecisions(tx, workspace, before, after);
  await saveQuestions(tx, workspace, before, after);
  await saveAsks(tx, workspace, before, after);
};

export const toGateResult = (row: Selectable<GateResultsTable>): GateResult => ({
  id: row.id,
  gate: row.gate,
  revision: row.revision,
  outcome: row.outcome,
  actor: row.actor,
  comment: row.comment,
  at: row.at,
  expiresAt: row.expires_at,
});

export const insertGateResult = async (
  tx: Tx,
  workspace: WorkspaceId,
  release: ReleaseId,
  result: GateResult,
): Promise<void> => {
  const { expiresAt, ...columns } = result;
  await tx
    .insertInto('gate_results')
    .values({ workspace_id: workspace, release_id: release, ...columns, expires_at: expiresAt })
    .execute();
};

/** The open round that a question belongs to, and its release. */
export const releaseOfQuestion = async (
  db: Db,
  workspace: WorkspaceId,
  question: Id<'question'>,
): Promise<{ release: ReleaseId; asker: UserId } | null> => {
  const row = await db
    .selectFrom('questions')
    .innerJoin('rounds', (join) =>
      join.onRef('rounds.workspace_id', '=', 'questions.workspace_id').onRef('rounds.id', '=', 'questions.round_id'),
    )
    .select(['rounds.release_id', 'questions.asker'])
    .where('questions.workspace_id', '=', workspace)
    .where('questions.id', '=', question)
    .executeTakeFirst();
  return row === undefined ? null : { release: row.release_id, asker: row.asker };
};

export const releaseOfRound = async (db: Db, workspace: WorkspaceId, round: RoundId): Promise<ReleaseId | null> => {
  const row = await db
    .selectFrom('rounds')
    .select('release_id')
    .where('workspace_id', '=', workspace)
    .where('id', '=', round)
    .executeTakeFirst();
  return row?.release_id ?? null;
};

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
    .limit(20)
    .execute();
  return rows.map(({ release_id }) => release_id);
};

/** How often each person was asked since `since`. */
export const askedSince = (db: Db, workspace: WorkspaceId, people: readonly UserId[], since: Instant) => {
  const asked = sql<{ person: string }>`(select * from unnest(${[...people]}::text[]) as p (person))`;
  return reading(
    db.selectFrom(asked.as('asked')).select((eb) => [
      'asked.person',
      eb
        .selectFrom('asks')
        .select(({ fn }) => fn.countAll<number>().as('times'))
        .where('workspace_id', '=', workspace)
        .whereRef('asks.person', '=', 'asked.person')
        .where('at', '>', since)
        .as('times'),
    ]),
    (rows): Readonly<Record<string, number>> =>
      Object.fromEntries(rows.map(({ person, times }) => [person, Number(times)])),
  );
};
