/** The three pages that whoever installs the app sees in a browser. */
import type { CodedError } from '@slack/oauth';
import { SCOPE_REASONS } from '../slack/scopes.ts';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 4rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; }
a.button { display: inline-block; padding: .6rem 1.2rem; border-radius: .4rem; background: #1d2b53; color: #fff; text-decoration: none; font-weight: 600; }
dt { font-family: ui-monospace, monospace; font-size: .9rem; margin-top: .5rem; }
dd { margin: 0; opacity: .8; }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>
`;

/** Before Slack's own page of consent: what is asked for, and why. */
export const installPage = (url: string, scopes: readonly string[], command: string): string =>
  page(
    'Add Signalbox to Slack',
    `<p>Signalbox plans, approves, freezes, deploys, announces and reviews releases where your team talks.</p>
<p><a class="button" href="${escaped(url)}">Add to Slack</a></p>
<p>Slack will ask you to agree to this:</p>
<dl>${scopes.map((scope) => `<dt>${escaped(scope)}</dt><dd>${escaped(scope === 'commands' ? `answer ${command}` : (SCOPE_REASONS[scope] ?? ''))}</dd>`).join('')}</dl>
<p>${scopes.some((scope) => scope.endsWith(':history')) ? 'It looks in histories for its own messages only.' : 'It reads no messages of your channels.'}</p>`,
  );

/** `organisation` is the id of an organisation that has the app as a whole. */
type Place = { organisation: string | null; name: string; app: string };

export const installedPage = ({ organisation, name, app }: Place, command: string): string =>
  page(
    `Signalbox is in ${name}`,
    organisation === null
      ? `<p>Open Slack and type <code>${escaped(command)}</code>: Signalbox says what is left to do. It takes two minutes.</p>`
      : `<p>One step is left: choose the workspaces that get it, under <a href="https://app.slack.com/manage/${encodeURIComponent(organisation)}/integrations/profile/${encodeURIComponent(app)}/workspaces/add">the organisation’s apps</a>. Then type <code>${escaped(command)}</code> in one of them.</p>`,
  );

const reasonOf = (code: string, message: string): string => {
  switch (code) {
    case 'slack_oauth_invalid_state':
    case 'slack_oauth_missing_state':
      return 'This page was reached from another browser, or more than ten minutes after the start.';
    case 'slack_oauth_installer_authorization_error':
      return 'You, or your Slack’s rules for apps, said no. When an admin has to agree first, Slack tells you once they have.';
    case 'slack_oauth_missing_code':
      return 'Slack sent you here without a code.';
    case 'slack_webapi_platform_error':
      return `Slack refused: ${message}.`;
    default:
      return 'Signalbox failed at it; its log says why.';
  }
};

export const failedPage = ({ code, message }: CodedError): string =>
  page(
    'Signalbox was not installed',
    `<p>${escaped(reasonOf(code, message))} Signalbox is as it was before.</p>
<p><a class="button" href="/slack/install">Start again</a></p>`,
  );
