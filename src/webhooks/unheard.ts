/** What the doctor says of webhooks: services that are started by one, and nobody listens. */
import { startMode } from '../domain/catalog/catalog.ts';
import { type Mrkdwn, md } from '../slack/mrkdwn.ts';
import type { Request } from '../slack/requests.ts';
import { webhooksOf } from './webhook-store.ts';

/** Services that are started by webhook, where nobody listens to one: they would be called failed when their time is over. */
export const unheardStarts = async ({ deps, ctx, catalog }: Request): Promise<readonly Mrkdwn[]> => {
  const places = Object.keys(catalog.services).flatMap((service) =>
    catalog.environments.flatMap(({ name }) =>
      startMode(catalog, service, name) === 'webhook' ? [{ service, name }] : [],
    ),
  );
  if (places.length === 0) return [];
  const heard = (await webhooksOf(deps.database.db, ctx.workspace)).filter(({ stoppedAt }) => stoppedAt === null);
  const unheard = places.filter(
    ({ service }) => !heard.some(({ services }) => services.length === 0 || services.includes(service)),
  );
  return unheard.length === 0
    ? []
    : [
        md`✗ ${unheard
          .slice(0, 5)
          .map(({ service, name }) => `${service} in ${name}`)
          .join(
            ', ',
          )}${unheard.length > 5 ? ` and ${unheard.length - 5} more` : ''} ${unheard.length === 1 ? 'is' : 'are'} started by webhook, and no webhook is told of ${unheard.length === 1 ? 'it' : 'them'}: make one with \`${deps.command} webhook new\`, or change \`start\` in the catalog.`,
      ];
};
