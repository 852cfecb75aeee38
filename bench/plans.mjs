/** Plans that are kept against plans that are made anew: the server's CPU for a click under each `plan_cache_mode`. */
import { sql } from 'kysely';
import pg from 'pg';
import { connectPostgres } from '../dist/db/connect.js';
import { openEngine } from './engines.mjs';
import { send } from './load.mjs';
import { summary } from './measure.mjs';
import { report } from './table.mjs';
import { approvals, openApp } from './workspace.mjs';

const CLICKS = Number(process.env.BENCH_PLANS ?? 120);
const WARM_UP = 60;
const MODES = ['force_custom_plan', 'auto', 'force_generic_plan'];

/** Opens sessions in this mode; everything else that the app asks of them stays. */
const openingIn = (mode) => {
  const original = pg.Client.prototype.connect;
  pg.Client.prototype.connect = function (...rest) {
    const asked = this.connectionParameters.options ?? '';
    this.connectionParameters.options = `${asked.replace(/-c plan_cache_mode=\w+/, '')} -c plan_cache_mode=${mode}`;
    return original.apply(this, rest);
  };
  return () => {
    pg.Client.prototype.connect = original;
  };
};

const inMode = async (engine, mode) => {
  const undo = openingIn(mode);
  try {
    return await clicksOn({ ...engine, database: connectPostgres(engine.url) });
  } finally {
    undo();
  }
};

const clicksOn = async (engine) => {
  const bed = await openApp(engine);
  await bed.app.courier.stop();
  const clicks = await approvals(bed, WARM_UP + CLICKS);
  await sql`vacuum analyze`.execute(bed.database.kysely);
  const { rows } = await sql`show plan_cache_mode`.execute(bed.database.kysely);
  await send(bed.clock, bed.url, clicks.splice(0, WARM_UP), 8);
  const cost = summary(await send(bed.clock, bed.url, clicks, 8));
  await bed.app.stop();
  await bed.database.close();
  return { mode: rows[0].plan_cache_mode, cost };
};

export const plans = async () => {
  const engine = await openEngine('postgres');
  const found = [];
  for (const mode of MODES) found.push(await inMode(engine, mode));
  const [{ cost: base }] = found;
  for (const { mode, cost } of found)
    report(
      'plans',
      'postgres',
      `Approve, eight at once, plan_cache_mode = ${mode}${cost === base ? ' (baseline)' : ''}`,
      {
        ratios:
          cost === base
            ? {}
            : { 'server CPU': cost['server-CPU_ms'] / base['server-CPU_ms'], p50: cost.p50_ms / base.p50_ms },
        figures: cost,
      },
    );
  await engine.database.close();
};
