/** Forms that a button on a release opens; most ask one question, for an act that needs a reason. */

import { mayAct, type Permission } from '../domain/permissions.ts';
import { type Decision, type Refusal } from '../domain/refusal.ts';
import { nameOf } from '../domain/release/release.ts';
import { type Seen, type SeenRelease } from '../situation/seen-by.ts';
import type { ActionId, ViewId } from '../slack/ids.ts';
import { reasonForm } from '../slack/kit.ts';
import { type ActionRequest, type Answer, type CommandRequest, type Route, refused } from '../slack/requests.ts';
import { clickedRelease, namedRelease } from './find-release.ts';
import { situationFor } from './release-answers.ts';

type Form = Extract<Answer, { kind: 'form' }>['view'];

/** Who may send it: by a permission, or by the rule that will decide about it. */
export type MaySend = Permission | ((s: Seen, request: ActionRequest) => Refusal | null);

const refusedBefore = async (
  may: MaySend | null,
  release: SeenRelease,
  request: ActionRequest,
): Promise<Refusal | null> => {
  if (may === null) return null;
  if (typeof may === 'string') {
    const permitted = mayAct(may, request.catalog, request.actor, release);
    return permitted.ok ? null : permitted.refusal;
  }
  const s = await situationFor(request, release.id);
  return s === null ? null : may(s, request);
};

/** Opens a form on the release of the button; one that the person cannot see is refused, and who may not send it learns that before they fill it in. */
export const openOnRelease = (
  title: string,
  view: (release: SeenRelease, request: ActionRequest) => Form | Promise<Form>,
  maySend: MaySend | null = null,
): Route<ActionRequest> => ({
  opens: title,
  run: async (request) => {
    const found = await clickedRelease(request);
    if (!found.ok) return refused(found.refusal);
    const before = await refusedBefore(maySend, found.value, request);
    return before === null ? { kind: 'form', view: await view(found.value, request) } : refused(before);
  },
});

/** A command that names its release and says no more opens the form that its button opens: nobody has to know that it wants a reason. */
export const orItsForm = (
  { run }: Route<CommandRequest>,
  action: ActionId,
  form: Route<ActionRequest>,
  find: (request: CommandRequest) => Promise<Decision<SeenRelease>> = namedRelease,
): Route<CommandRequest> => ({
  ...(form.opens === undefined ? {} : { opens: form.opens }),
  opensFrom: 1,
  opensUpTo: 1,
  run: async (request) => {
    if (request.words.length !== 1) return run(request);
    const found = await find(request);
    if (!found.ok) return refused(found.refusal);
    return form.run({ ...request, action, value: found.value.id, values: {}, message: null, view: null });
  },
});

/** The form with one question. `becomes` says what is done with the answer; without it the release's title stands there. */
export const openReason = (
  title: string,
  id: ViewId,
  submit: string,
  label: string,
  { field, becomes, may = null }: { field?: string; becomes?: string; may?: MaySend | null } = {},
): Route<ActionRequest> =>
  openOnRelease(
    title,
    (release, { value }) => {
      const name = nameOf(release);
      const titled = release.withheld ? name : `${name}: ${release.title}`;
      return reasonForm({
        id,
        title,
        submit,
        label,
        metadata: value,
        ...(field === undefined ? {} : { field }),
        hint: becomes === undefined ? titled : `${name}. ${becomes}`,
      });
    },
    may,
  );
