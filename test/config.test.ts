import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, configurationTable, readConfig } from '../src/config.ts';

const problem = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

describe('configuration', () => {
  it('with nothing set is the sandbox with the embedded database', () => {
    expect(readConfig({})).toMatchObject({
      slack: { mode: 'sandbox' },
      database: { kind: 'embedded', dataDir: './data' },
      port: 3000,
      command: '/release',
    });
  });

  it('chooses HTTP or Socket Mode by what is set', () => {
    expect(readConfig({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: '12345678' }).slack.mode).toBe('http');
    expect(readConfig({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }).slack.mode).toBe('socket');
  });

  it.each([
    [{ SLACK_BOT_TOKEN: 'xoxp-1' }, 'SLACK_BOT_TOKEN'],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_SIGNING_SECRET: missing'],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_BOT_TOKEN: missing although SLACK_APP_TOKEN is set'],
    [{ DATABASE_URL: 'postgres://x/y' }, 'SIGNALBOX_JOURNAL_KEY: missing although DATABASE_URL is set'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
    [{ PORT: 'http' }, 'PORT'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('%j names the variable, what it is for, and an example', (environment, start) => {
    expect(problem(environment)).toContain(start);
    expect(problem(environment)).toMatch(/What it is for: .+; for example .+/);
  });

  it('reports every wrong variable at once', () => {
    expect(problem({ PORT: 'x', LOG_LEVEL: 'loud' }).split('\n')).toHaveLength(2);
  });
});

it('is what the README says: run npm run docs:config', () => {
  expect(readFileSync('README.md', 'utf8')).toContain(`\n${configurationTable()}\n`);
});
