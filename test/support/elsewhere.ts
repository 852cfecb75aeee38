/** GitHub and GitLab as far as Signalbox talks to them: what was asked of them is kept, and answered as they do. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = { method: string; path: string; headers: Record<string, string>; body: Record<string, unknown> };
export type Elsewhere = {
  url: string;
  asked: Asked[];
  /** Those that were posted to a path that contains this. */
  posted: (path: string) => readonly Asked['body'][];
  fail: (status: number | null) => void;
  close: () => void;
};

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
export const APP_KEY = privateKey;

const COMMITS = ['a', 'b', 'c'].map((letter) => ({ sha: letter.repeat(40) }));
const PULLS: Readonly<Record<string, { title: string; html_url: string }[]>> = {
  [COMMITS[0]?.sha ?? '']: [{ title: 'Faster search', html_url: 'https://github.com/acme/checkout/pull/881' }],
  [COMMITS[1]?.sha ?? '']: [{ title: 'Faster search', html_url: 'https://github.com/acme/checkout/pull/881' }],
  [COMMITS[2]?.sha ?? '']: [{ title: 'Mend the basket', html_url: 'https://github.com/acme/checkout/pull/882' }],
};

const answerTo = (path: string): { status: number; body: unknown } => {
  if (path.includes('/access_tokens'))
    return {
      status: 201,
      body: {
        token: 'ghs_of_the_installation',
        expires_at: '2099-01-01T00:00:00Z',
        permissions: {},
        repository_selection: 'all',
      },
    };
  if (path.includes('/compare/')) return { status: 200, body: { commits: COMMITS } };
  const commit = /\/commits\/(\w+)\/pulls/.exec(path)?.[1];
  if (commit !== undefined) return { status: 200, body: PULLS[commit] ?? [] };
  return { status: path.includes('deployment_protection_rule') ? 204 : 200, body: {} };
};

export const startElsewhere = async (): Promise<Elsewhere> => {
  const asked: Asked[] = [];
  let failing: number | null = null;
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (part: Buffer) => {
      text += part.toString();
    });
    req.on('end', () => {
      const path = req.url ?? '';
      asked.push({
        method: req.method ?? '',
        path,
        headers: req.headers as Record<string, string>,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      });
      const { status, body } = failing === null ? answerTo(path) : { status: failing, body: { message: 'no' } };
      res.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    posted: (path) =>
      asked.filter((each) => each.method === 'POST' && each.path.includes(path)).map(({ body }) => body),
    fail: (status) => {
      failing = status;
    },
    close: () => server.close(),
  };
};
