/** The manifest against the code and Slack's limits. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { BASE_SCOPES as GRANTED_BY_DEFAULT } from '../src/sandbox/world.ts';
import { COMMANDS, SHORTCUTS } from '../src/slack/ids.ts';
import { BASE_SCOPES, FEATURE_SCOPES, HISTORY_SCOPES, SCOPE_REASONS } from '../src/slack/scopes.ts';

const text = readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8');
type Manifest = {
  display_information: { name: string; description: string };
  features: {
    slash_commands: {
      command: string;
      description: string;
      usage_hint: string;
      should_escape: boolean;
      url?: string;
    }[];
    shortcuts: { name: string; callback_id: string; description: string }[];
  };
  oauth_config: { scopes: { bot: string[]; bot_optional: string[] } };
  settings: {
    event_subscriptions: { request_url?: string; bot_events: string[] };
    interactivity: { request_url?: string; message_menu_options_url?: string };
    socket_mode_enabled: boolean;
  };
};
const manifest = parse(text) as Manifest;
const listeners = readFileSync(new URL('../src/slack/listeners.ts', import.meta.url), 'utf8');

it('has the commands of the code, escaped and within Slack’s limits', () => {
  expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(Object.keys(COMMANDS));
  for (const command of manifest.features.slash_commands) {
    expect(command.should_escape).toBe(true);
    expect(command.command).toMatch(/^\/[a-z-]{1,31}$/);
    expect(command.description.length).toBeLessThanOrEqual(2_000);
    expect(command.usage_hint.length).toBeLessThanOrEqual(1_000);
  }
});

it('has the shortcuts of the code', () => {
  expect(manifest.features.shortcuts.map(({ callback_id }) => callback_id)).toEqual(Object.values(SHORTCUTS));
  for (const shortcut of manifest.features.shortcuts) expect(shortcut.name.length).toBeLessThanOrEqual(24);
});

it('asks for the seven base scopes and, as optional, for one each feature; it reads no messages but its own', () => {
  expect(manifest.oauth_config.scopes.bot).toEqual([...BASE_SCOPES, ...FEATURE_SCOPES]);
  expect(manifest.oauth_config.scopes.bot_optional).toEqual([...FEATURE_SCOPES]);
  expect([...GRANTED_BY_DEFAULT]).toEqual([...BASE_SCOPES]);
  expect(manifest.oauth_config.scopes.bot.filter((scope) => scope.includes('history'))).toEqual(['im:history']);
});

it('subscribes to the events that are listened to, and to no others', () => {
  const heard = [...listeners.matchAll(/app\.event\('([a-z_]+)'/g)].map(([, name]) => name);
  expect([...manifest.settings.event_subscriptions.bot_events].sort()).toEqual(heard.sort());
});

it('keeps Slack’s limits for names', () => {
  expect(manifest.display_information.name.length).toBeLessThanOrEqual(35);
  expect(manifest.display_information.description.length).toBeLessThanOrEqual(140);
});

const variant = async (name: string): Promise<string> => {
  const script = (await import('../scripts/manifest.mjs' as string)) as {
    manifestFor: (variant: string, source: string) => string;
  };
  return script.manifestFor(name, text);
};

it('becomes the manifest of many workspaces: with the way back, whole organisations and tokens that rotate', async () => {
  const made = parse(await variant('oauth')) as Manifest;
  expect(made.oauth_config).toEqual({
    ...manifest.oauth_config,
    redirect_urls: ['https://HOST/slack/oauth_redirect'],
  });
  expect(made.settings).toEqual({ ...manifest.settings, org_deploy_enabled: true, token_rotation_enabled: true });
});

it('becomes the Socket Mode manifest by leaving out every address', async () => {
  const made = await variant('socket');
  expect(made).not.toContain('https://');
  const socket = parse(made) as Manifest;
  expect(socket.settings.socket_mode_enabled).toBe(true);
  expect(socket.oauth_config).toEqual(manifest.oauth_config);
  expect(socket.features.slash_commands.map(({ command }) => command)).toEqual(Object.keys(COMMANDS));
});

it('gives the address from which Slack loads long lists, beside the one for clicks', () => {
  const { interactivity } = manifest.settings;
  expect(interactivity.message_menu_options_url).toBe(interactivity.request_url);
  expect(listeners).toContain('app.options(');
});

it('justifies each scope in the README, and to whoever installs the app', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const scope of [...manifest.oauth_config.scopes.bot, ...HISTORY_SCOPES])
    expect([readme.includes(`\`${scope}\``), SCOPE_REASONS[scope]]).toEqual([true, expect.any(String)]);
});
