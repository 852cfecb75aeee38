/** What could not be told in time is kept, and told as soon as somebody answers. */
import type { Client } from './client.ts';
import { Stop, Unreachable } from './exit.ts';
import type { Speak } from './speak.ts';
import type { Lost, Memory } from './unreachable.ts';

export type Keeping = { client: Client; memory: Memory; speak: Speak };

export const keepLost = ({ memory, speak }: Keeping, lost: Lost): void => {
  const failed = memory.change((kept) => ({ ...kept, lost: [...kept.lost, lost] }));
  if (failed !== null)
    speak.warn(`! It could not be kept for later (${failed}): tell it by hand, or name a file with SIGNALBOX_STATE.`);
};

const nameOf = (lost: Lost): string =>
  lost.kind === 'started' ? `${lost.service} ${lost.version} was started in ${lost.environment}` : lost.what;

const tell = async ({ client }: Keeping, lost: Lost): Promise<unknown> => {
  if (lost.kind === 'told') return client.call('POST', lost.path, lost.body, { key: lost.key });
  const { service, version, environment, sha, digest, run, at } = lost;
  // Under light rules the question itself plans a version that nobody knows.
  await client.call('POST', '/v1/gate', { service, version, environment, sha, digest });
  return client.call('POST', `/v1/releases/${encodeURIComponent(`${service}@${version}`)}/report-deployment`, {
    environment,
    secondsAgo: Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1_000)),
    reason: 'Signalbox could not be reached',
    sha,
    digest,
    run,
  });
};

/** Refused for good: what it says is known already, or cannot be. Everything else may be told the next time. */
const isOver = (error: unknown): boolean =>
  error instanceof Stop && (error.exit === 'denied' || error.exit === 'unknown') && codeOf(error.body) !== 'not_ready';

const codeOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'code' in body ? body.code : null;

/** Tells it in its order. What cannot be told now stays, and what comes after it. */
export const tellLost = async (keeping: Keeping): Promise<void> => {
  const { memory, speak } = keeping;
  for (const lost of memory.read().lost) {
    try {
      await tell(keeping, lost);
      speak.warn(`✓ Told now: ${nameOf(lost)}, at ${lost.at}, while Signalbox could not be reached.`);
    } catch (error) {
      const { message } = error as Error;
      if (!isOver(error)) {
        if (!(error instanceof Unreachable)) speak.warn(`! Not told yet: ${nameOf(lost)}, at ${lost.at}: ${message}`);
        return;
      }
      speak.warn(`! ${nameOf(lost)}, at ${lost.at}, and that is not taken any more: ${message}`);
    }
    memory.change((kept) => ({ ...kept, lost: kept.lost.slice(1) }));
  }
};
