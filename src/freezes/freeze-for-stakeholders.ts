/** A freeze in the words of people who wait for changes, not for deployments: what does not come, from when to when, and that help still does. */
import type { Message } from '../courier/message.ts';
import { type Catalog, protectedEnvironments } from '../domain/catalog/catalog.ts';
import type { Freeze } from '../domain/freeze/calendar.ts';
import { endOf, phaseOf } from '../domain/freeze/calendar.ts';
import { plainTime } from '../domain/time.ts';
import { message } from '../situation/show.ts';
import { dateToken, md, quoteText } from '../slack/mrkdwn.ts';

/** Ended before it began: nothing was ever frozen. */
export const calledOff = ({ endedEarlyAt, startsAt }: Freeze): boolean =>
  endedEarlyAt !== null && endedEarlyAt <= startsAt;

/** What does not come: where a freeze is soft, what cannot wait still does. */
const stops = ({ severity }: Freeze, of: string): string =>
  severity === 'soft' ? `only changes${of} that cannot wait go live` : `no planned changes${of} go live`;
const asHead = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;

/** Whether it is about every place that matters. */
export const isEverywhere = ({ scope }: Freeze, catalog: Catalog): boolean =>
  scope.environments.length === 0 ||
  protectedEnvironments(catalog).every((environment) => scope.environments.includes(environment));

/** For people who wait for changes, not for deployments: what does not come, from when to when, and that help still does. */
export const forStakeholders = (
  freeze: Freeze,
  phase: ReturnType<typeof phaseOf>,
  occurrence: string,
  other: Freeze | null,
  everywhere: boolean,
  letIn: boolean,
): Message => {
  const services = freeze.scope.services.length === 0 ? '' : ` of ${freeze.scope.services.join(', ')}`;
  // Where it is one of several places that matter, the others stay open.
  const of = `${services}${everywhere ? '' : ` to ${freeze.scope.environments.join(' and ')}`}`;
  if (calledOff(freeze) && occurrence !== 'end')
    return message(`${freeze.name} does not take place`, [md`${quoteText(freeze.name, 80)} does not take place.`]);
  if (calledOff(freeze) && other !== null)
    return message(`${freeze.name} does not take place`, [
      md`${quoteText(freeze.name, 80)} does not take place; *${stops(other, of)} until ${dateToken(endOf(other))}* · ${quoteText(other.name, 80)}.`,
    ]);
  if (calledOff(freeze))
    return message(`Planned changes${of} go live as planned`, [
      md`*Planned changes${of} go live as planned*: ${quoteText(freeze.name, 80)} does not take place.`,
    ]);
  if (other !== null)
    return message(`${freeze.name} is over, ${other.name} is not`, [
      md`${quoteText(freeze.name, 80)} is over; *${stops(other, of)} until ${dateToken(endOf(other))}* · ${quoteText(other.name, 80)}.`,
    ]);
  if (occurrence === 'end')
    return message(`Planned changes${of} go live again`, [
      md`*Planned changes${of} go live again* since ${dateToken(endOf(freeze))}.`,
    ]);
  if (phase === 'over')
    return message(`${freeze.name} is over`, [
      md`${letIn ? `Only what was let in${of} went live` : asHead(stops(freeze, of)).replace(' go live', ' went live')} until ${dateToken(endOf(freeze))} · ${quoteText(freeze.name, 80)}.`,
    ]);
  const when =
    occurrence === 'start'
      ? md`until ${dateToken(endOf(freeze))}`
      : md`from ${dateToken(freeze.startsAt)} to ${dateToken(freeze.endsAt)}`;
  const aloud =
    occurrence === 'start'
      ? `until ${plainTime(endOf(freeze), freeze.zone)}`
      : `from ${plainTime(freeze.startsAt, freeze.zone)} to ${plainTime(freeze.endsAt, freeze.zone)}`;
  return message(`${asHead(stops(freeze, of))} ${aloud}`, [
    md`*${asHead(stops(freeze, of))} ${when}* · ${quoteText(freeze.name, 80)}. Serious problems are still fixed.`,
  ]);
};
