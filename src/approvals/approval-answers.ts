/** How approvals and gates answer a click: quietly, because the message itself changes; and the form with one question. */
import { mayRead } from '../domain/permissions.ts';
import type { Decision } from '../domain/refusal.ts';
import { nameOf, type Release } from '../domain/release.ts';
import { clickedRelease } from '../releases/find-release.ts';
import { reasonForm } from '../releases/release-modal.ts';
import { ACTIONS, unpackValue } from '../slack/ids.ts';
import { actions } from '../slack/kit.ts';
import { md } from '../slack/mrkdwn.ts';
import { type ActionRequest, type Answer, type Request, type Route, refused, tell } from '../slack/requests.ts';

type Parts = { release: string; round: string; hash: string | null };

export const partsOf = (value: string): Parts => {
  const [release = '', round = '', hash = ''] = unpackValue(value);
  return { release, round, hash: hash === '' ? null : hash };
};

export const wordsOrNull = (text: string): string | null => (text === '' ? null : text);

/** In a direct message the message itself changes, and nothing else is said; in a channel one line answers the clicker. */
export const quietly = async (
  request: Request,
  found: Decision<Release>,
  act: (release: Release) => Promise<Decision<unknown>>,
  line: (release: Release) => string,
): Promise<Answer> => {
  if (!found.ok) return refused(found.refusal);
  const decision = await act(found.value);
  if (!decision.ok) return refused(decision.refusal);
  if (request.ctx.surface === 'message' && request.channel?.startsWith('D') === true) return { kind: 'done' };
  return tell([md`${line(found.value)}`], actions([{ text: 'Open', action: ACTIONS.show, value: found.value.id }]));
};

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
        hint: mayRead(request.catalog, found.value, request.actor)
          ? `${nameOf(found.value)}: ${found.value.title}`
          : nameOf(found.value),
      }),
    };
  },
});
