/** `/release freeze status`: whether a place is frozen, for whom exactly, until when, and the way out. */

import { membersOf, protectedEnvironments } from '../domain/catalog/catalog.ts';
import { covers, endOf, type Freeze, freezesStopping, phaseOf } from '../domain/freeze/calendar.ts';
import { closedUntil } from '../domain/freeze/window.ts';
import { noService } from '../domain/nearest.ts';
import { capital, command, count, say } from '../domain/words.ts';
import { servicesOfChannel } from '../releases/find-release.ts';
import { dateToken, EMPTY, type Mrkdwn, md, sentenceMarkup } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Request, refused, tell } from '../slack/requests.ts';
import { liveFreezes } from './freeze-store.ts';

/** Of some services, or of all: nothing is said then. */
/** A sentence with more names than that is not read. */
const MOST_NAMED = 8;

const whomOf = (request: Request, services: readonly string[]): string =>
  services.length === Object.keys(request.catalog.services).length
    ? ''
    : ` for ${services.slice(0, MOST_NAMED).join(', ')}${services.length > MOST_NAMED ? ` and ${services.length - MOST_NAMED} more` : ''}`;

/** One freeze of a place, with exactly the services that it stops. */
const frozenLine = (
  request: CommandRequest,
  environment: string,
  freeze: Freeze,
  services: readonly string[],
): Mrkdwn => {
  const place = `${capital(environment)}`;
  const known = Object.keys(request.catalog.services);
  // It may stop more than the channel is about; whoever asked about a service is answered about that.
  const all = known.every((service) => covers(freeze, service, environment));
  const whom = all && !known.some((service) => request.words.includes(service)) ? '' : whomOf(request, services);
  if (freeze.severity === 'soft')
    return md`*${place}${whom} wants a reason until ${dateToken(endOf(freeze))}* (${freeze.name}, a soft freeze).`;
  const can = membersOf(request.catalog, [freeze.approvers], '').length;
  return md`*${place} is frozen${whom} until ${dateToken(endOf(freeze))}* (${freeze.name}). Exceptions: @${freeze.approvers} (${count(can, 'person', 'people')}), ask with ${sentenceMarkup(say`${command('exception REF')}`, request.voice)}.`;
};

/** What stops an environment now, for these services: freezes, and windows that are closed; else that it is open, and until when. */
const placeLines = (
  request: CommandRequest,
  environment: string,
  services: readonly string[],
  freezes: readonly Freeze[],
): readonly Mrkdwn[] => {
  const question = (service: string) => ({ services: [service], environment, type: 'normal', at: request.ctx.now });
  const stopped = services.flatMap((service) =>
    freezesStopping(freezes, [], question(service)).map((freeze) => ({ service, freeze })),
  );
  // That one is frozen does not mean that all are.
  const frozen = [...new Set(stopped.map(({ freeze }) => freeze))].map((freeze) =>
    frozenLine(
      request,
      environment,
      freeze,
      stopped.filter((each) => each.freeze === freeze).map(({ service }) => service),
    ),
  );
  const closed = services.filter((service) => closedUntil(request.catalog, question(service)) !== null);
  const [first] = closed;
  const until = first === undefined ? null : (closedUntil(request.catalog, question(first))?.until ?? null);
  const windows =
    first === undefined
      ? []
      : [
          md`No deploy window of ${environment} is open${whomOf(request, closed)}${until === null ? '' : md` until ${dateToken(until)}`}.`,
        ];
  if (frozen.length + windows.length > 0) return [...frozen, ...windows];
  const next = freezes.find(
    (planned) =>
      phaseOf(planned, request.ctx.now) === 'planned' &&
      services.some((service) => covers(planned, service, environment)),
  );
  const ahead = next === undefined ? EMPTY : md` Next freeze: ${next.name} from ${dateToken(next.startsAt)}.`;
  return [md`*${capital(environment)} is open${whomOf(request, services)}.*${ahead}`];
};

/** Am I frozen? Yes or no, which, until when, and how to get an exception. Nothing named is what the channel is about; elsewhere everything. */
export const status = async (request: CommandRequest): Promise<Answer> => {
  const { catalog, ctx } = request;
  const all = Object.keys(catalog.services);
  // The first word is `status`.
  const words = request.words.slice(1);
  const known = (list_: readonly string[]) => words.filter((word) => list_.includes(word));
  const named = known(all);
  const everything = words.includes('all');
  const here = everything ? [] : servicesOfChannel(catalog, request.channel);
  const services = named.length > 0 ? named : here.length > 0 ? here : all;
  const places = known(catalog.environments.map(({ name }) => name));
  const strange = words.find((word) => word !== 'all' && !named.includes(word) && !places.includes(word));
  if (strange !== undefined)
    return refused({ code: 'fields', problems: [{ field: 'service', problem: noService(strange, all) }] });
  const environments = places.length > 0 ? places : protectedEnvironments(catalog);
  const freezes = await liveFreezes(request.deps.database.db, ctx.workspace, catalog, ctx.now);
  return tell(environments.flatMap((environment) => placeLines(request, environment, services, freezes)));
};
