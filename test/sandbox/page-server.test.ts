/** The page's server, asked for what is not there and told what cannot be. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servePage } from '../../src/sandbox/page-server.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.api.serve(servePage(sandbox, { command: '/release', about: {} }));
});
afterAll(() => sandbox.close());

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, sandbox.api.url), init);
const act = (body: string): Promise<Response> =>
  ask('/sandbox/act', { method: 'POST', headers: { 'content-type': 'application/json' }, body });

it('a file that no build has is not found, and no path of the machine is told', async () => {
  const answer = await ask('/page/not-there.js');
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ problem: 'There is nothing here.' });
  expect((await ask('/')).status).toBe(200);
});

it.each(['', '{', 'null', '{"act":"fly"}', '{"act":"clock","move":-1}', '{"act":"clock","move":1e400}'])(
  'an act that is none (%s) is refused with 400',
  async (body) => {
    const before = sandbox.clock.now();
    expect((await act(body)).status).toBe(400);
    expect(sandbox.clock.now() - before).toBeLessThan(60_000);
  },
);

it('the clock goes no further than dates that people use', async () => {
  const before = sandbox.clock.now();
  const answer = await act(JSON.stringify({ act: 'clock', move: Number.MAX_SAFE_INTEGER }));
  expect(await answer.json()).toEqual({ problem: 'The clock goes as far as the end of 2099.' });
  expect(sandbox.clock.now() - before).toBeLessThan(60_000);
  expect(await (await act(JSON.stringify({ act: 'clock', move: 60_000 }))).json()).toEqual({});
  expect(sandbox.clock.now() - before).toBeGreaterThanOrEqual(60_000);
});
