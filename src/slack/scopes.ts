/** What the app asks Slack for. The manifest says the same; a test compares the two. */

export const BASE_SCOPES = [
  'commands',
  'chat:write',
  'app_mentions:read',
  'channels:read',
  'groups:read',
  'im:write',
  'users:read',
] as const;

/** Each switches on one feature; Slack lets whoever installs leave them out. */
export const FEATURE_SCOPES = ['usergroups:read', 'users:read.email', 'chat:write.public', 'im:history'] as const;

/** To look in channels whether a message arrived after an answer was lost; `im:history` does the same for its own direct messages. */
export const HISTORY_SCOPES = ['channels:history', 'groups:history'] as const;

/** Where history may be read with these scopes. */
export const mayLook = (scopes: readonly string[]): { channels: boolean; direct: boolean } => ({
  channels: HISTORY_SCOPES.every((scope) => scopes.includes(scope)),
  direct: scopes.includes('im:history'),
});

/** Each scope, and what the app does with it: for whoever installs it. */
export const SCOPE_REASONS: Readonly<Record<string, string>> = {
  commands: 'answer its slash commands',
  'chat:write': 'post cards, announcements and requests for approval',
  'app_mentions:read': 'answer when somebody mentions it',
  'channels:read': 'find public channels by name, and know whether it is in them',
  'groups:read': 'the same for private channels that it was invited to',
  'im:write': 'open the conversation in which it asks somebody',
  'users:read': 'know names, time zones, and who is a guest or has left',
  'usergroups:read': 'take a user group of Slack as a group of approvers',
  'users:read.email': 'name people in the catalog by e-mail',
  'chat:write.public': 'post in public channels without being invited',
  'channels:history': 'look whether its own message arrived, when Slack’s answer was lost',
  'groups:history': 'the same in private channels',
  'im:history': 'the same in the direct messages that it sends itself; it can read no other',
};
