/** On to the next environment, from Slack. */
import { environmentNamed } from '../domain/catalog/catalog.ts';
import { nextEnvironment } from '../domain/readiness.ts';
import { keyOf, nameOf } from '../domain/release/release.ts';
import { command, say } from '../domain/words.ts';
import { actOn } from '../releases/act-on-release.ts';
import { namedRelease } from '../releases/find-release.ts';
import { situationFor } from '../releases/release-answers.ts';
import { type Answer, type CommandRequest, type Routes, refused } from '../slack/requests.ts';
import { deploymentVerbs } from './deployment-verbs.ts';
import { beforeItsTime } from './deployments-slack.ts';

/** `/release promote REL-142 [staging] [production]`: on to the next environment, with the artifact that went through in the one before. */
const promote = async (request: CommandRequest): Promise<Answer> => {
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const { catalog } = request;
  const s = await situationFor(request, found.value.id);
  if (s === null) throw new Error(`${found.value.id} vanished.`);
  const said = request.words.slice(1).flatMap((word) => word.split(/→|->|⇒/));
  const places = said.filter((word) => environmentNamed(catalog, word) !== null);
  const strange = said.find((word) => word !== '' && word !== 'to' && !places.includes(word));
  if (strange !== undefined)
    return refused({
      code: 'not_found',
      what: 'environment',
      reference: strange,
      fix: say`Known: ${catalog.environments.map(({ name }) => name).join(', ')}.`,
    });
  const to = places.at(-1) ?? nextEnvironment(s);
  const from = places.length > 1 ? (places[0] ?? null) : (environmentNamed(catalog, to)?.requires ?? null);
  const { revision } = s.release.artifact;
  const there = s.deployments.findLast((d) => d.environment === from && d.kind === 'deploy' && d.state === 'succeeded');
  if (from !== null && there?.revision !== revision)
    return refused({
      code: 'status',
      did: 'Not promoted',
      name: nameOf(s.release),
      status:
        there === undefined ? `not in ${from} yet` : `in ${from} as another artifact than the one that is meant now`,
      fix: say`Deploy it there first with ${command(`deploy ${keyOf(s.release)} ${from}`)}.`,
    });
  const early = await beforeItsTime(request, found.value, to);
  if (early !== null) return early;
  return actOn(
    request,
    deploymentVerbs.start,
    found.value.id,
    { environment: to, reason: null },
    from === null ? `Started in ${to}.` : `On from ${from} to ${to}: started.`,
  );
};

export const promoteRoutes: Routes = { verbs: { promote: { run: promote } }, actions: {}, views: {} };
