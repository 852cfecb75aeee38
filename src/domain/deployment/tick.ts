/** An item of the list of a deployment is ticked, or taken back. */

import { environmentNamed } from '../catalog/catalog.ts';
import { happened } from '../events.ts';
import { allow, type Decision, refuse, refuseField } from '../refusal.ts';
import { keyOf, nameOf } from '../release/release.ts';
import { isProtected } from '../release/traits.ts';
import type { Act, Effect, Situation } from '../situation.ts';
import { command, listing, say } from '../words.ts';
import type { Deployment } from './deployment.ts';
import { isTaken } from './newer.ts';

export type TickInput = {
  environment: string | null;
  /** As it is counted in the list, from 1. */
  item: number;
  done: boolean;
  /** The list that whoever presses saw: a retry has another one. */
  deployment?: string | undefined;
};

/** Deployments of the release whose list is worked through: the last one of each protected environment. */
export const listed = (s: Situation): readonly Deployment[] => {
  const last = new Map(
    s.deployments.filter((d) => d.kind === 'deploy' && isProtected(s, d.environment)).map((d) => [d.environment, d]),
  );
  return [...last.values()].filter(({ checklist }) => checklist.length > 0);
};

/** Nothing is ticked of what has failed, went back, was replaced, or was said to be healthy. */
export const isListOver = (s: Situation, d: Deployment): boolean => {
  const { state } = s.release;
  const last = s.deployments.findLast(({ environment }) => environment === d.environment);
  if (last?.id !== d.id || isTaken(s, d.environment)) return true;
  if (d.state === 'running') return false;
  const open = state.status === 'deploying' || (state.status === 'deployed' && state.healthy !== true);
  return d.state !== 'succeeded' || !open;
};

/** Refuses where there is no list, where several are and none is named, a number that it does not have, and what is so already. */
export const tickItem = (s: Situation, input: TickInput, act: Act): Decision<Effect> => {
  const { environment, item, done } = input;
  if (environment !== null && environmentNamed(s.around.catalog, environment) === null)
    return refuse({
      code: 'not_found',
      what: 'environment',
      reference: environment,
      fix: say`Known: ${listing(s.around.catalog.environments.map(({ name }) => name))}.`,
    });
  const all = listed(s).filter((d) => environment === null || d.environment === environment);
  const [d] = all;
  if (d === undefined)
    return refuse({
      code: 'status',
      did: 'Not ticked',
      name: nameOf(s.release),
      status: `without a checklist${environment === null ? '' : ` in ${environment}`}`,
      fix: say`The catalog gives a service a runbook, and what to verify; a deployment begins with them.`,
    });
  const key = keyOf(s.release);
  if (all.length > 1)
    return refuse({
      code: 'ambiguous',
      what: 'environment',
      examples: all.map((each) => `tick ${key} ${item} ${each.environment}`),
    });
  const over = isListOver(s, d);
  if (over || (input.deployment !== undefined && input.deployment !== d.id))
    return refuse({
      code: 'status',
      did: done ? 'Not ticked' : 'Not taken back',
      name: nameOf(s.release),
      status: over ? `over in ${d.environment}` : `tried again in ${d.environment} since, with a list of its own`,
      fix: over ? say`Nothing is ticked of what has ended.` : say`See it with ${command(`tick ${key}`)}.`,
    });
  const found = d.checklist[item - 1];
  if (found === undefined)
    return refuseField(
      'item',
      say`Not ticked: the list in ${d.environment} has ${d.checklist.length} items. See them with ${command(`tick ${key}`)}.`,
    );
  if ((found.at !== null) === done)
    return refuse({
      code: 'status',
      did: 'Nothing changed',
      name: `“${found.text}”`,
      status: done ? 'ticked already' : 'open already',
      fix: say`See the list with ${command(`tick ${key}`)}.`,
    });
  const checklist = d.checklist.map((each) =>
    each === found ? { ...each, by: done ? act.by : null, at: done ? act.now : null } : each,
  );
  const deployments = s.deployments.map((each) => (each.id === d.id ? { ...each, checklist } : each));
  const event = happened(
    s.release.id,
    'checklist.ticked',
    { environment: d.environment, item, done },
    { words: found.text, subject: d.id },
  );
  return allow({ after: { ...s, deployments }, events: [event] });
};
