/** Results and waivers of gates. */
import type { Selectable } from 'kysely';
import { build } from '../db/prepared.ts';
import type { GateResultsTable } from '../db/schema.ts';
import type { GateResult } from '../domain/gate/gate.ts';
import { asked, byRelease, changed, isOfReleases, part } from '../situation/parts.ts';

const toGateResult = (row: Selectable<GateResultsTable>): GateResult => ({
  id: row.id,
  gate: row.gate,
  revision: row.revision,
  outcome: row.outcome,
  actor: row.actor,
  comment: row.comment,
  at: row.at,
  expiresAt: row.expires_at,
  evidence: row.evidence,
  digest: row.digest,
});

export const gatesPart = part(
  {
    gates: build
      .selectFrom('gate_results')
      .selectAll()
      .where('workspace_id', '=', asked.workspace)
      .where(isOfReleases)
      .orderBy('at'),
  },
  ({ gates }) => {
    const of = byRelease(gates);
    return (release) => ({ own: { gates: of(release).map(toGateResult) } });
  },
  (before, { release, gates }) => [
    {
      table: 'gate_results',
      rows: changed(before.gates, gates).map(({ expiresAt, ...columns }) => ({
        workspace_id: release.workspace,
        release_id: release.id,
        ...columns,
        expires_at: expiresAt,
      })),
    },
  ],
);
