/** What the form of a new release knows before anything is typed: versions, freezes, the next quiet slot, who will be asked. */

import { alternatives, applicable } from '../domain/approval/rules.ts';
import {
  daysOff,
  groupName,
  holds,
  membersOf,
  protectedEnvironments,
  type Rule,
  type Traits,
} from '../domain/catalog/catalog.ts';
import { againstStart } from '../domain/plan/moving.ts';
import { draftOf } from '../domain/plan/plan.ts';
import { bestSlots } from '../domain/plan/slots.ts';
import { outsideHours, riskyTime } from '../domain/release/risky-time.ts';
import type { Situation } from '../domain/situation.ts';
import type { Instant } from '../domain/time.ts';
import { capital } from '../domain/words.ts';
import { isWorkingTime } from '../domain/working-time.ts';
import { dateToken, joined, type Mrkdwn, md } from '../slack/mrkdwn.ts';
import { readPeople } from '../slack/people-store.ts';
import type { Request } from '../slack/requests.ts';
import type { NewReleaseFacts } from './release-modal.ts';
import { readVersionFacts } from './release-store.ts';

/** `Asks 1 of @checkout-owners (2 awake now). regression first: approval is asked for by itself when it passes.` */
const asksWords = async (request: Request, service: string): Promise<Mrkdwn> => {
  const { catalog, ctx } = request;
  const definition = catalog.services[service];
  const policy = catalog.policies[definition?.policy ?? 'default'];
  if (definition === undefined || policy === undefined) return md`Choose a service.`;
  const traits: Traits = {
    type: 'normal',
    service,
    affects: [],
    tier: definition.tier,
    risk: 'medium',
    schema: false,
    customers: false,
  };
  const rules = applicable(policy, traits);
  const gates = catalog.gates
    .filter(({ before, when }) => before === 'approval' && holds(when, traits))
    .map(({ name }) => name);
  const first =
    gates.length === 0 ? md`` : md` First ${gates.join(', ')}: approval is asked for by itself when passed.`;
  if (rules === null) return md`Asks nobody: the rules of ${service} let it go.${first}`;
  const asked = async (rule: Rule): Promise<Mrkdwn> => {
    const members = [...membersOf(catalog, rule.groups, service), ...rule.people].filter((id) => id !== request.actor);
    const people = await readPeople(request.deps.database.db, ctx.workspace, members);
    const awake = people.filter(({ zone }) => isWorkingTime(ctx.now, zone, daysOff(catalog, zone))).length;
    const names = people.filter(({ id }) => rule.people.includes(id)).map(({ name }) => name);
    const of = [...rule.groups.map((group) => `@${groupName(catalog, group, service)}`), ...names.slice(0, 3)];
    const more = names.length > 3 ? ` or ${names.length - 3} more` : '';
    return md`${rule.count} of ${of.join(' or ')}${more} (${awake} awake now)`;
  };
  const ways = await Promise.all(
    alternatives(rules).map(async (each) => joined(await Promise.all(each.map(asked)), ' and ')),
  );
  const parts = [
    joined(ways.slice(0, 3), ', or '),
    ...(ways.length > 3 ? [md` or one of ${ways.length - 3} more ways`] : []),
  ];
  return md`At medium risk it asks ${joined(parts, '')}; the risk is scored when you ask.${first}`;
};

const NOTHING_TYPED = {
  version: '',
  title: '',
  customers: null,
  when: { kind: 'asap' },
  rollbackPlan: null,
  answers: { schema: false, irreversible: false, downtime: false, restricted: false },
  hotfix: false,
  askWhenReady: true,
} as const;

/** The situation of a release of the service that is not there yet. */
const sketched = async ({ deps, ctx, actor, catalog }: Request, service: string): Promise<Situation> => {
  const { workspace, now } = ctx;
  const found = await deps.situations.read(deps.database.db, {
    workspace,
    releases: [],
    services: [service],
    actor,
    now,
  });
  if (found === null) throw new Error('The catalog vanished while a form was opened.');
  const identity = { workspace, id: deps.newId('release'), number: 0 };
  const act = { by: actor, now, newId: deps.newId };
  return found.around(draftOf({ ...NOTHING_TYPED, service }, catalog, identity, act));
};

/** What to know of a start that nothing stands against. */
const riskyWords = (s: Situation, start: Instant): Mrkdwn | null => {
  const risky = riskyTime(s, start);
  if (risky !== null) return md`That is ${risky.words}: few people are there if it goes wrong. Nothing stops it.`;
  return outsideHours(s, start) ? md`That is outside of its owner’s working hours. Nothing stops it.` : null;
};

/** What stands against a start that is being picked, as the form says it under the field; null while nothing does. */
export const startWarning = (s: Situation, start: Instant | null, now: Instant): Mrkdwn | null => {
  const against = start === null ? null : againstStart(s, start, now);
  switch (against?.why) {
    case undefined:
      return start === null ? null : riskyWords(s, start);
    case 'past':
      return md`That time is past.`;
    case 'frozen':
      return against.freeze.severity === 'soft'
        ? md`${capital(against.environment)} is frozen then (${against.freeze.name}): it will want a reason. Free from ${dateToken(against.free)} on.`
        : md`${capital(against.environment)} is frozen then (${against.freeze.name}): it would be held. Free from ${dateToken(against.free)} on.`;
    case 'closed':
      return md`No deploy window of ${against.environment} is open then: free from ${dateToken(against.free)} on.`;
    case 'another':
      return md`Another deployment of ${s.release.service} is planned then. Free from ${dateToken(against.free)} on.`;
  }
};

/** So many hours are offered: enough to choose, few enough to read. */
const SLOTS = 3;

export const formFacts = async (
  request: Request,
  service: string,
  start: Instant | null = null,
): Promise<NewReleaseFacts> => {
  const { catalog, ctx } = request;
  const { db } = request.deps.database;
  const environment = protectedEnvironments(catalog)[0] ?? '';
  const sketch = await sketched(request, service);
  const { freezes } = sketch.around;
  return {
    service,
    versions: await readVersionFacts(db, ctx.workspace, service, '', environment),
    freezes,
    now: ctx.now,
    quiet: bestSlots(sketch, ctx.now, SLOTS),
    zone: request.person.zone,
    asks: await asksWords(request, service),
    warning: startWarning(sketch, start, ctx.now),
  };
};
