/** Prints a variant of manifest.yml: `socket` for an app without a public address, `oauth` for one that many workspaces install. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

/** Each changes the manifest for HTTP and one workspace. */
const VARIANTS = {
  socket: (manifest) => {
    for (const command of manifest.features.slash_commands) delete command.url;
    delete manifest.settings.event_subscriptions.request_url;
    delete manifest.settings.interactivity.request_url;
    delete manifest.settings.interactivity.message_menu_options_url;
    manifest.settings.socket_mode_enabled = true;
  },
  oauth: (manifest) => {
    const address = manifest.settings.interactivity.request_url;
    manifest.oauth_config.redirect_urls = [address.replace(/events$/, 'oauth_redirect')];
    manifest.settings.org_deploy_enabled = true;
    manifest.settings.token_rotation_enabled = true;
  },
};

/** The variant as text, from the text of manifest.yml. */
export const manifestFor = (variant, text) => {
  const manifest = parse(text);
  VARIANTS[variant](manifest);
  return stringify(manifest);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , variant = ''] = process.argv;
  if (!(variant in VARIANTS)) {
    process.stderr.write(`Which variant? One of ${Object.keys(VARIANTS).join(', ')}.\n`);
    process.exit(1);
  }
  process.stdout.write(manifestFor(variant, readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')));
}
