/** Four hundred clicks at one moment, each on a connection of its own: what cannot be answered in time is refused as it comes. */
import { ENGINES, openEngine } from './engines.mjs';
import { send } from './load.mjs';
import { report } from './table.mjs';
import { approvals, openApp } from './workspace.mjs';

const AT_ONCE = 400;

const votes = async ({ database }) =>
  Number(
    (
      await database.kysely
        .selectFrom('decisions')
        .select(({ fn }) => fn.countAll().as('n'))
        .executeTakeFirst()
    ).n,
  );

export const crowd = async () => {
  for (const name of ENGINES) {
    const engine = await openEngine(name);
    const bed = await openApp(engine);
    await bed.app.courier.stop();
    await send(bed.clock, bed.url, await approvals(bed, 40), 8);
    const requests = await approvals(bed, AT_ONCE);
    const before = await votes(bed);
    const { times, seconds } = await send(bed.clock, bed.url, requests, AT_ONCE, AT_ONCE);
    const done = (await votes(bed)) - before;
    report('crowd', name, `Approve, ${AT_ONCE} at once`, {
      figures: { 'last-answer_ms': Math.max(...times), all_s: seconds, done, 'refused-as-it-came': AT_ONCE - done },
    });
    await bed.app.stop();
    await engine.database.close();
  }
};
