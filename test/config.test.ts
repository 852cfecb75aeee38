import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationTable, readConfig } from '../src/config.ts';
import { StartError } from '../src/start-error.ts';

const problem = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
};

const KEY = 'a1'.repeat(32);
const NEWER = 'b2'.repeat(32);
const MANY = {
  SLACK_CLIENT_ID: '1.2',
  SLACK_CLIENT_SECRET: 'secret',
  SLACK_SIGNING_SECRET: '12345678',
  SIGNALBOX_TOKEN_KEY: KEY,
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
    expect(readConfig({ ...MANY, SIGNALBOX_TOKEN_KEY: `${NEWER}, ${KEY}` }).slack).toMatchObject({
      mode: 'oauth',
      tokenKeys: [NEWER, KEY],
    });
  });

  it.each([
    [{ ...MANY, SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_BOT_TOKEN: does not go together with SLACK_CLIENT_ID'],
    [{ ...MANY, SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_APP_TOKEN: does not go together with SLACK_CLIENT_ID'],
    [{ ...MANY, CATALOG_FILE: './x.yml' }, 'CATALOG_FILE: does not go together with SLACK_CLIENT_ID'],
  ])('%j says that one of the two has to go', (environment, start) => {
    expect(problem(environment)).toContain(start);
    expect(problem(environment)).toContain('Take one of the two out');
  });

  it.each([
    [{ SLACK_BOT_TOKEN: 'xoxp-1' }, 'SLACK_BOT_TOKEN'],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_APP_TOKEN: missing'],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_BOT_TOKEN: missing although SLACK_APP_TOKEN is set'],
    [{ ...MANY, SLACK_CLIENT_SECRET: '' }, 'SLACK_CLIENT_SECRET: missing although SLACK_CLIENT_ID is set'],
    [{ ...MANY, SLACK_SIGNING_SECRET: '' }, 'SLACK_SIGNING_SECRET: missing although SLACK_CLIENT_ID is set'],
    [{ ...MANY, SIGNALBOX_TOKEN_KEY: '' }, 'SIGNALBOX_TOKEN_KEY: missing although SLACK_CLIENT_ID is set'],
    [{ ...MANY, SIGNALBOX_TOKEN_KEY: 'short' }, 'SIGNALBOX_TOKEN_KEY: has to be 64 hexadecimal digits'],
    [{ SLACK_CLIENT_SECRET: 'x' }, 'SLACK_CLIENT_ID: missing although SLACK_CLIENT_SECRET is set'],
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
