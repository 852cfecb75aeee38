/** What an answer of Slack means for a message. One list of the codes that matter; an unknown refusal is treated as a bug of ours. */

export type Failure =
  /** Slack said when to come back. Not counted as an attempt. */
  | { kind: 'limited'; afterMs: number; error: string }
  /** Definitely not stored: may be tried again. */
  | { kind: 'retry'; error: string }
  /** Nobody knows whether it was stored. */
  | { kind: 'unknown'; error: string }
  /** The place cannot take it: not in channel, archived, a person who left. */
  | { kind: 'place'; error: string }
  /** The message to edit is gone: a new one takes its place. */
  | { kind: 'gone'; error: string }
  /** The token is no good: the whole workspace waits. */
  | { kind: 'auth'; error: string }
  /** We built something that Slack does not take: the fallback text is sent instead. */
  | { kind: 'bug'; error: string };

const RETRY = new Set(['message_limit_exceeded', 'team_added_to_org', 'ratelimited', 'rate_limited']);
const UNKNOWN = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
const PLACE = new Set([
  'not_in_channel',
  'channel_not_found',
  'is_archived',
  'is_inactive',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'messages_tab_disabled',
  'user_disabled',
  'user_not_found',
  'user_not_visible',
  'cannot_dm_bot',
]);
const GONE = new Set([
  'message_not_found',
  'cant_update_message',
  'cant_delete_message',
  'edit_window_closed',
  'thread_not_found',
  'cannot_reply_to_message',
  'restricted_action_thread_locked',
]);
const AUTH = new Set([
  'token_revoked',
  'token_expired',
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'missing_scope',
  'team_access_not_granted',
  'org_login_required',
]);

const LIMITED_DEFAULT = 30_000;

const platform = (error: string): Failure => {
  if (error === 'ratelimited' || error === 'rate_limited') return { kind: 'limited', afterMs: LIMITED_DEFAULT, error };
  if (RETRY.has(error)) return { kind: 'retry', error };
  if (UNKNOWN.has(error)) return { kind: 'unknown', error };
  if (PLACE.has(error)) return { kind: 'place', error };
  if (GONE.has(error)) return { kind: 'gone', error };
  return AUTH.has(error) ? { kind: 'auth', error } : { kind: 'bug', error };
};

type SlackError = {
  code?: string;
  data?: { error?: string };
  retryAfter?: number;
  statusCode?: number;
  message?: string;
  cause?: unknown;
};

const refusedConnection = (error: SlackError): boolean => {
  const cause = error.cause as { code?: string; cause?: { code?: string } } | undefined;
  return (cause?.code ?? cause?.cause?.code) === 'ECONNREFUSED';
};

/** Sorts what a WebClient threw. */
export const failureOf = (thrown: unknown): Failure => {
  const error = thrown as SlackError;
  switch (error.code) {
    case 'slack_webapi_platform_error':
      return platform(error.data?.error ?? 'unknown_error');
    case 'slack_webapi_rate_limited_error':
      return { kind: 'limited', afterMs: (error.retryAfter ?? LIMITED_DEFAULT / 1_000) * 1_000, error: 'rate_limited' };
    case 'slack_webapi_http_error':
      return { kind: 'unknown', error: `HTTP ${error.statusCode}` };
    case 'slack_webapi_request_error':
      return refusedConnection(error)
        ? { kind: 'retry', error: 'connection refused' }
        : { kind: 'unknown', error: error.message ?? 'no answer' };
    default:
      throw thrown;
  }
};
