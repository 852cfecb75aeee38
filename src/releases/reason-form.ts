/** The form with one question, for an act that needs a reason. */
import { nameOf } from '../domain/release/release.ts';
import { reasonForm } from '../slack/kit.ts';
import { type ActionRequest, type Route, refused } from '../slack/requests.ts';
import { clickedRelease } from './find-release.ts';

export const openReason = (
  title: string,
  view: Parameters<typeof reasonForm>[0]['id'],
  submit: string,
  label: string,
  field?: string,
): Route<ActionRequest> => ({
  opens: title,
  run: async (request) => {
    const found = await clickedRelease(request);
    if (!found.ok) return refused(found.refusal);
    return {
      kind: 'form',
      view: reasonForm({
        id: view,
        title,
        submit,
        label,
        metadata: request.value,
        ...(field === undefined ? {} : { field }),
        hint: found.value.withheld ? nameOf(found.value) : `${nameOf(found.value)}: ${found.value.title}`,
      }),
    };
  },
});
