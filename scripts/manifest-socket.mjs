/** Prints the Socket Mode variant of manifest.yml: the same app without any address. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

/** The manifest for Socket Mode, from the text of the one for HTTP. */
export const socketManifest = (text) => {
  const manifest = parse(text);
  for (const command of manifest.features.slash_commands) delete command.url;
  delete manifest.settings.event_subscriptions.request_url;
  delete manifest.settings.interactivity.request_url;
  manifest.settings.socket_mode_enabled = true;
  return stringify(manifest);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(socketManifest(readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')));
}
