/** Configuration: the environment, read once, checked whole. Each message names the variable, what it is for, and an example. */
import { z } from 'zod';
import { StartError } from './start-error.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Every variable, with what it is for. The README's table is checked against this one. */
const VARIABLES = {
  SLACK_BOT_TOKEN: {
    about: 'the bot token of your Slack app; without any Slack variable the sandbox workspace is started',
    example: 'xoxb-…',
    schema: optional(z.string().startsWith('xoxb-')),
  },
  SLACK_SIGNING_SECRET: {
    about: 'verifies requests that Slack sends over HTTP',
    example: '8f742231b10e…',
    schema: optional(z.string().min(8)),
  },
  SLACK_APP_TOKEN: {
    about: 'opens Socket Mode instead of HTTP',
    example: 'xapp-…',
    schema: optional(z.string().startsWith('xapp-')),
  },
  SLACK_CLIENT_ID: {
    about: 'lets many workspaces install the app at /slack/install, instead of one bot token',
    example: '1234567890.1234567890',
    schema: optional(z.string()),
  },
  SLACK_CLIENT_SECRET: {
    about: 'belongs to SLACK_CLIENT_ID',
    example: '4f1a9c0b…',
    schema: optional(z.string()),
  },
  SIGNALBOX_TOKEN_KEY: {
    about:
      'seals the tokens of installed workspaces in the database; needed with SLACK_CLIENT_ID. To replace it, put the new one in front, with a comma',
    example: 'openssl rand -hex 32',
    schema: list.pipe(z.array(z.string().regex(/^[0-9a-f]{64}$/i, 'has to be 64 hexadecimal digits'))).default([]),
  },
  SLACK_API_URL: {
    about: 'another address of the Slack Web API',
    example: 'http://127.0.0.1:3100/api/',
    schema: optional(z.url()),
  },
  SIGNALBOX_COMMAND: {
    about: 'the name of the slash command, when another app has taken /release',
    example: '/release',
    schema: z
      .string()
      .regex(/^\/[a-z0-9_-]{1,31}$/)
      .default('/release'),
  },
  SIGNALBOX_ADMINS: {
    about: 'Slack ids of the admins of a fresh workspace, with commas',
    example: 'U012ABC,U034DEF',
    schema: list.default([]),
  },
  CATALOG_FILE: {
    about: 'the catalog of services, groups and rules, as YAML',
    example: './catalog.yml',
    schema: optional(z.string()),
  },
  DATABASE_URL: {
    about: 'a Postgres server; without it the embedded database is used',
    example: 'postgres://signalbox@db/signalbox',
    schema: optional(z.string().regex(/^postgres(ql)?:\/\//)),
  },
  DATABASE_POOL: {
    about: 'connections to Postgres that one process may hold',
    example: '10',
    schema: z.coerce.number().int().min(2).max(100).default(10),
  },
  DATA_DIR: {
    about: 'the folder of the embedded database and of the journal key',
    example: './data',
    schema: z.string().default('./data'),
  },
  SIGNALBOX_JOURNAL_KEY: {
    about: 'signs the journal; needed with DATABASE_URL, made by itself without',
    example: 'openssl rand -hex 32',
    schema: optional(z.string().min(32)),
  },
  SLACK_HISTORY: {
    about:
      'set to true when the app has the optional history scopes: a lost answer is then looked up before posting again',
    example: 'false',
    schema: z.stringbool().default(false),
  },
  PORT: {
    about: 'the port for Slack, health and metrics',
    example: '3000',
    schema: z.coerce.number().int().min(0).max(65_535).default(3_000),
  },
  HOST: { about: 'the address to listen on', example: '0.0.0.0', schema: z.string().default('0.0.0.0') },
  METRICS_ADDRESS: {
    about: 'an address of its own for /metrics, which is then not served on PORT',
    example: '127.0.0.1:9464',
    schema: optional(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'has to be host:port')),
  },
  SIGNALBOX_URL: {
    about: 'the address under which pipelines and GitHub reach this Signalbox; shown where one is needed',
    example: 'https://signalbox.example.com',
    schema: optional(z.url()),
  },
  GITHUB_APP_ID: {
    about: 'the GitHub App that answers deployment protection rules and reads what a tag contains',
    example: '123456',
    schema: optional(z.string().regex(/^\d+$/, 'has to be a number')),
  },
  GITHUB_APP_PRIVATE_KEY: {
    about: 'belongs to GITHUB_APP_ID: the text of its PEM file, line ends as they are or as \\n',
    example: '-----BEGIN RSA PRIVATE KEY-----…',
    schema: optional(z.string().transform((text) => text.replaceAll('\\n', '\n'))),
  },
  GITHUB_API_URL: {
    about: 'the API of a GitHub Enterprise server',
    example: 'https://github.example.com/api/v3',
    schema: z.url().default('https://api.github.com'),
  },
  GITLAB_TOKEN: {
    about: 'answers blocked deployments of GitLab: a token with the scope api that may approve them',
    example: 'glpat-…',
    schema: optional(z.string()),
  },
  GITLAB_URL: {
    about: 'the address of GitLab',
    example: 'https://gitlab.example.com',
    schema: z.url().default('https://gitlab.com'),
  },
  WEBHOOKS_TO_PRIVATE: {
    about: 'set to true when webhooks and health probes may go to addresses of your own network; else they are refused',
    example: 'false',
    schema: z.stringbool().default(false),
  },
  LOG_LEVEL: {
    about: 'how much is logged; info, and in a terminal only what needs somebody (warn)',
    example: 'info',
    schema: optional(z.enum(['debug', 'info', 'warn', 'error', 'silent'])),
  },
  LOG_FORMAT: {
    about: 'json lines, or text for people; auto is text in a terminal and json elsewhere',
    example: 'json',
    schema: z.enum(['auto', 'json', 'text']).default('auto'),
  },
} as const;

const defaultOf = (schema: z.ZodType): string => {
  const parsed = schema.safeParse(undefined);
  return !parsed.success || parsed.data == null || (Array.isArray(parsed.data) && parsed.data.length === 0)
    ? ''
    : `\`${typeof parsed.data === 'string' ? parsed.data : JSON.stringify(parsed.data)}\``;
};

/** The table of the README: it is made from the same schema that reads the variables, so it cannot tell anything else. */
export const configurationTable = (): string =>
  [
    '| variable | what it is for | for example | default |',
    '|---|---|---|---|',
    ...Object.entries(VARIABLES).map(
      ([name, { about, example, schema }]) => `| \`${name}\` | ${about} | \`${example}\` | ${defaultOf(schema)} |`,
    ),
  ].join('\n');

type Variables = typeof VARIABLES;
type Parsed = { readonly [Name in keyof Variables]: z.output<Variables[Name]['schema']> };

export type SlackConfig =
  | { mode: 'sandbox' }
  | { mode: 'http'; botToken: string; signingSecret: string; apiUrl: string | null }
  | { mode: 'socket'; botToken: string; appToken: string; apiUrl: string | null }
  | {
      mode: 'oauth';
      clientId: string;
      clientSecret: string;
      signingSecret: string;
      tokenKeys: readonly string[];
      apiUrl: string | null;
    };

export type GitHubConfig = { appId: string; privateKey: string; apiUrl: string };
export type GitLabConfig = { token: string; url: string };

export type Config = {
  slack: SlackConfig;
  command: string;
  admins: readonly string[];
  catalogFile: string | null;
  database:
    | { kind: 'postgres'; url: string; pool: number; journalKey: string }
    | { kind: 'embedded'; dataDir: string; journalKey: string | null };
  history: boolean;
  /** Where others reach this Signalbox; `null`: not known. */
  url: string | null;
  github: GitHubConfig | null;
  /** Where GitHub's answers go, also without an app. */
  gitHubApi: string;
  gitlab: GitLabConfig | null;
  /** Webhooks may go to addresses that are not of the public Internet. */
  webhooksToPrivate: boolean;
  host: string;
  port: number;
  metrics: { host: string; port: number } | null;
  logLevel: NonNullable<Parsed['LOG_LEVEL']>;
  logFormat: 'json' | 'text';
};

/** A variable that is missing or wrong. */
class ConfigError extends StartError {}

const sentence = (name: keyof Variables, problem: string): string =>
  `${name}: ${problem}. What it is for: ${VARIABLES[name].about}; for example ${VARIABLES[name].example}`;

/** Installed by many: each brings its own token and its own catalog, and Slack's redirect needs HTTP. */
const oauthOf = (env: Parsed, clientId: string): SlackConfig => {
  const {
    SLACK_CLIENT_SECRET: clientSecret,
    SLACK_SIGNING_SECRET: signingSecret,
    SIGNALBOX_TOKEN_KEY: tokenKeys,
  } = env;
  const without = (name: keyof Variables, why: string): ConfigError =>
    new ConfigError(`${name}: does not go together with SLACK_CLIENT_ID, ${why}. Take one of the two out`);
  if (env.SLACK_BOT_TOKEN !== undefined) throw without('SLACK_BOT_TOKEN', 'with which every workspace brings its own');
  if (env.SLACK_APP_TOKEN !== undefined) throw without('SLACK_APP_TOKEN', 'whose installation needs HTTP');
  if (env.CATALOG_FILE !== undefined)
    throw without('CATALOG_FILE', 'with which every workspace keeps its own catalog in Slack');
  if (clientSecret === undefined)
    throw new ConfigError(sentence('SLACK_CLIENT_SECRET', 'missing although SLACK_CLIENT_ID is set'));
  if (signingSecret === undefined)
    throw new ConfigError(sentence('SLACK_SIGNING_SECRET', 'missing although SLACK_CLIENT_ID is set'));
  if (tokenKeys.length === 0)
    throw new ConfigError(
      sentence('SIGNALBOX_TOKEN_KEY', 'missing although SLACK_CLIENT_ID is set; all replicas need the same one'),
    );
  return { mode: 'oauth', clientId, clientSecret, signingSecret, tokenKeys, apiUrl: env.SLACK_API_URL ?? null };
};

const slackOf = (env: Parsed): SlackConfig => {
  const apiUrl = env.SLACK_API_URL ?? null;
  if (env.SLACK_CLIENT_ID !== undefined) return oauthOf(env, env.SLACK_CLIENT_ID);
  if (env.SLACK_CLIENT_SECRET !== undefined)
    throw new ConfigError(sentence('SLACK_CLIENT_ID', 'missing although SLACK_CLIENT_SECRET is set'));
  if (env.SLACK_BOT_TOKEN === undefined) {
    const stray = (['SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'] as const).find((name) => env[name] !== undefined);
    if (stray !== undefined) throw new ConfigError(sentence('SLACK_BOT_TOKEN', `missing although ${stray} is set`));
    return { mode: 'sandbox' };
  }
  if (env.SLACK_APP_TOKEN !== undefined)
    return { mode: 'socket', botToken: env.SLACK_BOT_TOKEN, appToken: env.SLACK_APP_TOKEN, apiUrl };
  if (env.SLACK_SIGNING_SECRET !== undefined)
    return { mode: 'http', botToken: env.SLACK_BOT_TOKEN, signingSecret: env.SLACK_SIGNING_SECRET, apiUrl };
  throw new ConfigError(
    `${sentence('SLACK_APP_TOKEN', 'missing')}. Or set SLACK_SIGNING_SECRET, to be called by Slack over HTTP`,
  );
};

const databaseOf = (env: Parsed): Config['database'] => {
  if (env.DATABASE_URL === undefined)
    return { kind: 'embedded', dataDir: env.DATA_DIR, journalKey: env.SIGNALBOX_JOURNAL_KEY ?? null };
  if (env.SIGNALBOX_JOURNAL_KEY === undefined)
    throw new ConfigError(
      sentence('SIGNALBOX_JOURNAL_KEY', 'missing although DATABASE_URL is set; all replicas need the same one'),
    );
  return { kind: 'postgres', url: env.DATABASE_URL, pool: env.DATABASE_POOL, journalKey: env.SIGNALBOX_JOURNAL_KEY };
};

/** One app for one workspace: with many, one could answer for the repositories of another. */
const gitHubOf = (env: Parsed): Config['github'] => {
  const { GITHUB_APP_ID: appId, GITHUB_APP_PRIVATE_KEY: privateKey } = env;
  if (appId === undefined && privateKey === undefined) return null;
  if (appId === undefined)
    throw new ConfigError(sentence('GITHUB_APP_ID', 'missing although GITHUB_APP_PRIVATE_KEY is set'));
  if (privateKey === undefined)
    throw new ConfigError(sentence('GITHUB_APP_PRIVATE_KEY', 'missing although GITHUB_APP_ID is set'));
  if (env.SLACK_CLIENT_ID !== undefined)
    throw new ConfigError(
      'GITHUB_APP_ID: does not go together with SLACK_CLIENT_ID: one app answers for one workspace. Take one of the two out',
    );
  return { appId, privateKey, apiUrl: env.GITHUB_API_URL.replace(/\/+$/, '') };
};

const gitLabOf = (env: Parsed): Config['gitlab'] => {
  const { GITLAB_TOKEN: token, GITLAB_URL: url } = env;
  if (token === undefined) return null;
  if (env.SLACK_CLIENT_ID !== undefined)
    throw new ConfigError(
      'GITLAB_TOKEN: does not go together with SLACK_CLIENT_ID: one token answers for one workspace. Take one of the two out',
    );
  return { token, url: url.replace(/\/+$/, '') };
};

const addressOf = (address: string | undefined): Config['metrics'] => {
  if (address === undefined) return null;
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
};

/**
 * Reads the environment. `terminal`: somebody looks at what is printed. Throws a ConfigError with one line for each variable that is wrong.
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>, terminal = false): Config => {
  const shape = Object.fromEntries(Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema]));
  const parsed = z.object(shape).safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => sentence(String(issue.path[0]) as keyof Variables, issue.message));
    throw new ConfigError(lines.join('\n'));
  }
  const env = parsed.data as Parsed;
  return Object.freeze({
    slack: slackOf(env),
    command: env.SIGNALBOX_COMMAND,
    admins: env.SIGNALBOX_ADMINS,
    catalogFile: env.CATALOG_FILE ?? null,
    database: databaseOf(env),
    history: env.SLACK_HISTORY,
    url: env.SIGNALBOX_URL?.replace(/\/+$/, '') ?? null,
    github: gitHubOf(env),
    gitHubApi: env.GITHUB_API_URL.replace(/\/+$/, ''),
    gitlab: gitLabOf(env),
    webhooksToPrivate: env.WEBHOOKS_TO_PRIVATE,
    host: env.HOST,
    port: env.PORT,
    metrics: addressOf(env.METRICS_ADDRESS),
    logLevel: env.LOG_LEVEL ?? (terminal ? 'warn' : 'info'),
    logFormat: env.LOG_FORMAT === 'auto' ? (terminal ? 'text' : 'json') : env.LOG_FORMAT,
  });
};
