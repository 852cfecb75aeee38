/** What keeps Signalbox from starting and an operator can mend: a sentence that names the setting and the fix, shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** The sentence for a server that does not answer, or does not let us in; anything else as it was. */
export const databaseProblem = (error: unknown, url: string): unknown => {
  if (!URL.canParse(url))
    return new StartError(
      'DATABASE_URL: not an address; in the password, #, / and @ have to be written as %23, %2F and %40.',
    );
  const place = new URL(url).host;
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (
    ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN', '57P03'].includes(code) ||
    /timeout/i.test(text)
  )
    return new StartError(
      `DATABASE_URL: no Postgres answers at ${place} (${code || text}). Is it running, and may this machine reach it? Without DATABASE_URL the embedded database is used.`,
      { cause: error },
    );
  if (code.startsWith('28') || code === '3D000')
    return new StartError(`DATABASE_URL: Postgres at ${place} refuses it: ${text}.`, { cause: error });
  return error;
};

const ABOUT_TOKENS = new Set([
  'invalid_auth',
  'not_authed',
  'not_allowed_token_type',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'missing_scope',
  'no_permission',
  'forbidden_team',
]);

/** Whether Slack refuses the token itself; anything else may be over in a minute. */
export const refusesToken = (error: unknown): boolean =>
  ABOUT_TOKENS.has(String((error as { data?: { error?: unknown } }).data?.error));

/** The sentence for a token that Slack refuses, or a Slack that does not answer; anything else as it was. */
export const slackProblem = (error: unknown, variable: string, hint: string): unknown => {
  const refusal = (error as { data?: { error?: unknown } }).data?.error;
  if (refusesToken(error))
    return new StartError(`${variable}: Slack refuses it (${String(refusal)}). ${hint}`, { cause: error });
  if (codeOf(error).startsWith('slack_webapi'))
    return new StartError(
      `Slack does not answer: ${error instanceof Error ? error.message : String(error)}. Does this machine reach https://slack.com/api/?`,
      { cause: error },
    );
  return error;
};

/** The sentence for a port that another program has; anything else as it was. */
export const portProblem = (error: unknown, port: number): unknown =>
  codeOf(error) === 'EADDRINUSE'
    ? new StartError(`Port ${port} is taken by another program. Stop it, or choose another one: PORT=3100 npm start`, {
        cause: error,
      })
    : error;
