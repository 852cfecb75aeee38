/**
 * Slack's tokens at rest: AES-256-GCM under a key that is not in the database. Each is bound to its workspace, so that a row copied into
 * another tenant opens for nobody.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { WorkspaceId } from '../domain/ids.ts';

export type TokenBox = {
  seal: (token: string, workspace: WorkspaceId) => string;
  /** Throws when it was sealed with a key that is not configured, for another workspace, or changed since. */
  open: (sealed: string, workspace: WorkspaceId) => string;
  /** Whether it is sealed with the key that seals now. */
  isCurrent: (sealed: string) => boolean;
};

const FORMAT = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const nameOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

/** `keys` are 32 bytes as hex each: the first seals, all of them open, so that a key can be replaced without losing what the old one sealed. */
export const tokenBox = (keys: readonly string[]): TokenBox => {
  const known = keys.map((hex) => {
    const key = Buffer.from(hex, 'hex');
    return { key, name: nameOf(key) };
  });
  const [current] = known;
  if (current === undefined) throw new Error('SIGNALBOX_TOKEN_KEY holds no key.');
  return {
    seal: (token, workspace) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(workspace));
      const sealed = Buffer.concat([nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [FORMAT, current.name, sealed.toString('base64url')].join('.');
    },
    open: (text, workspace) => {
      const [format, name, body = ''] = text.split('.');
      const key = known.find((one) => one.name === name)?.key;
      if (format !== FORMAT || key === undefined)
        throw new Error(
          `The Slack token of ${workspace} is sealed with key ${name}, which SIGNALBOX_TOKEN_KEY does not hold: add it behind the current one, or install the app again.`,
        );
      const sealed = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(workspace))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    },
    isCurrent: (text) => text.split('.')[1] === current.name,
  };
};
