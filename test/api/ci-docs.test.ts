/** The script of docs/ci.md, run as it stands there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { approve, create } from '../support/acting.ts';
import { makeToken } from '../support/api.ts';
import { startTestbed, type Testbed } from '../support/testbed.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/ci.md', import.meta.url)), 'utf8');
const script = /```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? '';

/** Its exit code and what it printed. */
const run = async (
  bed: Testbed,
  token: string,
  more: Record<string, string> = {},
): Promise<{ code: number; out: string }> => {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SIGNALBOX_URL: `http://127.0.0.1:${bed.app.port}`,
    SIGNALBOX_TOKEN: token,
    VERSION: '2.14.0',
    WAIT: '0',
    MOST_TRIES: '2',
    ...more,
  };
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env });
    return { code: 0, out: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, out: stdout };
  }
};

it('waits for approval, then deploys, and a failure is one', async () => {
  const bed = await startTestbed();
  const token = await makeToken(bed);
  expect(await run(bed, token)).toMatchObject({
    code: 20,
    out: expect.stringContaining('there is no release checkout 2.14.0'),
  });
  await create(bed, '2.14.0');
  expect(await run(bed, token)).toMatchObject({ code: 10, out: expect.stringContaining('still has to approve') });
  await approve(bed, '2.14.0');
  expect(await run(bed, token, { DEPLOY: 'true' })).toMatchObject({ code: 0 });
  await bed.settled();
  expect(await bed.cardText()).toContain('checkout 2.14.0  ·  deployed');
  await create(bed, '2.15.0');
  await approve(bed, '2.15.0');
  expect(await run(bed, token, { VERSION: '2.15.0', DEPLOY: 'false' })).toMatchObject({ code: 1 });
  await bed.settled();
  expect(await bed.channelText(bed.channels.team)).toContain('the pipeline failed');
});
