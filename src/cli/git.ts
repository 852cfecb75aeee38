/** What the repository here says of the commits between two versions. */
import { execFileSync } from 'node:child_process';
import { Stop } from './exit.ts';

const git = (...args: readonly string[]): string => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Stop('misused', `git ${args[0]} says: ${(stderr ?? String(error)).trim().split('\n')[0] ?? ''}`);
  }
};

/** `https://github.com/acme/checkout`, whatever the protocol of the remote; `null` without one. */
const pageOf = (): string | null => {
  const remote = git('config', '--default', '', '--get', 'remote.origin.url');
  const [, host, path] =
    /^(?:https?:\/\/(?:[^@/]+@)?|ssh:\/\/git@|git@)([^/:]+)(?::\d+)?[/:](.+?)(?:\.git)?$/.exec(remote) ?? [];
  return host === undefined || path === undefined ? null : `https://${host}/${path}`;
};

export type Commit = { title: string; link: string | null };

/** One for each commit of the main line, oldest first: a merged request by its own page where its title names it. */
export const commitsBetween = (from: string, to: string): readonly Commit[] => {
  const page = pageOf();
  const gitlab = page?.includes('gitlab') === true;
  const lines = git('log', '--first-parent', '--reverse', '--format=%H%x09%s', `${from}..${to}`, '--')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [sha = '', title = ''] = line.split('\t');
    const request = /\(#(\d+)\)$|^Merge pull request #(\d+)/.exec(title);
    const number = request?.[1] ?? request?.[2];
    const at = number === undefined ? `commit/${sha}` : gitlab ? `-/merge_requests/${number}` : `pull/${number}`;
    return { title: title.slice(0, 200), link: page === null ? null : `${page}/${at}` };
  });
};
