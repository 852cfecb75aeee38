/** The API against its own document: everything that it names is there, and whatever is sent it answers as the document says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiDocument } from '../../src/api/docs-page.ts';
import { pathOf, tokenVerbsOf } from '../../src/api/verb-routes.ts';
import { VERB_TABLE } from '../../src/app.ts';
import { create } from '../support/acting.ts';
import { calling, makeToken } from '../support/api.ts';
import { startTestbed } from '../support/testbed.ts';

type Operation = { path: string; method: string; answers: readonly string[] };

const operations = (document: ApiDocument): readonly Operation[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses = {} }]) => ({
      path,
      method: method.toUpperCase(),
      answers: Object.keys(responses),
    })),
  );

const NASTY: readonly unknown[] = [
  null,
  '',
  'x',
  '\0',
  '\ud800',
  'constructor',
  '__proto__',
  '<!channel>',
  'REL-1',
  '2026-02-30T25:61:00Z',
  0,
  -1,
  1e308,
  true,
  [],
  [null],
  {},
  { __proto__: null },
  { kind: 'at' },
  'x'.repeat(4_000),
];
const FIELDS = [
  'service',
  'version',
  'environment',
  'title',
  'when',
  'reason',
  'until',
  'gate',
  'outcome',
  'comment',
  'digest',
  'sha',
  'run',
  'startToken',
  'wait',
  'step',
  'percent',
  'which',
  'to',
  'role',
  'scope',
  'start',
  'end',
  'zone',
  'approvers',
  'owner',
  'answers',
  'name',
];

const opened = async () => {
  const bed = await startTestbed();
  const call = calling(bed, await makeToken(bed));
  await create(bed, '2.14.0');
  const document = (await call('GET', '/v1/openapi.json')).body as unknown as ApiDocument;
  return { bed, call, document };
};

describe('the document', () => {
  it('has every verb that a token may do, and none that is for people', async () => {
    const { document } = await opened();
    const verbs = Object.values(VERB_TABLE).flat();
    const mine = tokenVerbsOf(VERB_TABLE);
    expect(mine.length).toBeGreaterThan(20);
    for (const verb of verbs)
      expect([verb.name, document.paths[pathOf(verb)] !== undefined]).toEqual([verb.name, mine.includes(verb)]);
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    );
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const name of ['approve', 'reject', 'judge emergency', 'waive gate', 'decide exception', 'make token'])
      expect(mine.map((verb) => verb.name)).not.toContain(name);
  });

  it('is a page that needs nothing from elsewhere', async () => {
    const { bed } = await opened();
    const response = await fetch(`http://127.0.0.1:${bed.app.port}/v1/docs`);
    const page = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(page).toContain('/v1/releases/{ref}/record-gate');
    expect(page).not.toMatch(/<script|src=|https?:\/\/(?!www\.w3)/);
  });

  it('keeps its word whatever is sent: no failure of ours, no answer that it does not name', async () => {
    const { call, document } = await opened();
    const all = operations(document).filter(({ path }) => path !== '/v1/openapi.json');
    const edits = all.filter(({ path }) => path.endsWith('/edit'));
    const body = fc.dictionary(fc.constantFrom(...FIELDS), fc.constantFrom(...NASTY), { maxKeys: 6 });
    const ref = fc.constantFrom('REL-1', 'REL-99', 'checkout@2.14.0', '%00', '..', 'constructor', '9'.repeat(60));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...all), ref, body, async ({ path, method, answers }, which, sent) => {
        const { wait: _wait, ...rest } = sent;
        const answer = await call(method, path.replace('{ref}', which), method === 'GET' ? undefined : rest);
        expect(answer.status).toBeLessThan(500);
        // A path that a client makes another one of is another one.
        if (which !== '..') expect([path, answers]).toEqual([path, expect.arrayContaining([String(answer.status)])]);
        if (answer.status >= 400)
          expect(answer.body).toMatchObject({
            status: answer.status,
            code: expect.any(String),
            detail: expect.any(String),
          });
      }),
      {
        numRuns: 250,
        examples: edits.map((edit): [Operation, string, Record<string, unknown>] => [
          edit,
          'REL-1',
          { owner: 'constructor' },
        ]),
      },
    );
    expect((await call('GET', '/v1/releases/REL-1')).status).toBe(200);
  });

  it('answers what is no JSON, and what is too large, as problems', async () => {
    const { bed } = await opened();
    const url = `http://127.0.0.1:${bed.app.port}/v1/gate`;
    const headers = {
      authorization: `Bearer ${await makeToken(bed, { name: 'second-ci' })}`,
      'content-type': 'application/json',
    };
    for (const [body, status] of [
      ['{', 422],
      ['x'.repeat(1_100_000), 413],
    ] as const) {
      const answer = await fetch(url, { method: 'POST', headers, body });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    }
  });
});
