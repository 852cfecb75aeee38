/** Gates, from Slack: shown with their buttons, recorded and waived by click, form and command. */

import { gateStates, madeForAnother } from '../domain/gate/gate.ts';
import { mayAct } from '../domain/permissions.ts';
import { givenIn } from '../domain/release/artifact.ts';
import { nameOf, type Release } from '../domain/release/release.ts';
import { after, DAY } from '../domain/time.ts';
import { actOn, onClick, onCommand, onSubmit } from '../releases/act-on-release.ts';
import { asText, clickedRelease, namedRelease } from '../releases/find-release.ts';
import { reasonAndEnd } from '../releases/reason-and-end.ts';
import { openReason } from '../releases/reason-form.ts';
import { situationFor } from '../releases/release-answers.ts';
import type { Seen, SeenRelease } from '../situation/seen-by.ts';
import { instantOf, textOf } from '../slack/form-values.ts';
import { ACTIONS, packValue, unpackValue, VIEWS } from '../slack/ids.ts';
import { actions, dateTimeInput, form, section, textInput } from '../slack/kit.ts';
import { dateToken, EMPTY, link, type Mrkdwn, md, typedBeside } from '../slack/mrkdwn.ts';
import { type Answer, type CommandRequest, type Request, type Routes, refused, tell } from '../slack/requests.ts';
import { gateVerbs } from './gate-verbs.ts';

const gates = async (request: Request, release: Release): Promise<Answer> => {
  const s = await situationFor(request, release.id);
  const states = s === null ? [] : gateStates(s, request.ctx.now);
  if (states.length === 0)
    return tell([md`${nameOf(release)} needs no gates: the catalog requires none for its type, risk and service.`]);
  const blocks = states.flatMap(({ rule, state, result }) => [
    section([
      md`*${rule.name}*   ${state}${result?.comment == null ? '' : `: “${result.comment}”`}${result?.evidence == null ? EMPTY : md` · ${link(result.evidence, 'evidence')}`}`,
      md`before ${rule.before}${release.artifact.revision === 1 ? '' : `, reworked ${release.artifact.revision === 2 ? 'once' : `${release.artifact.revision - 1} times`}`}`,
    ]),
    ...actions([
      { text: 'Pass', action: ACTIONS.gatePass, value: packValue(release.id, rule.name) },
      { text: 'Fail…', action: ACTIONS.gateFail, value: packValue(release.id, rule.name) },
      { text: 'Waive…', action: ACTIONS.gateWaive, value: packValue(release.id, rule.name) },
    ]),
  ]);
  return tell([md`*Gates of ${nameOf(release)}*`, ...(s === null ? [] : uncounted(s))], blocks.slice(0, 40));
};

/** Results of another artifact are kept, and shown as what they are. */
const uncounted = (s: Seen): readonly Mrkdwn[] =>
  s.gates.flatMap((result) => {
    const differs = madeForAnother(s, result);
    return differs === null
      ? []
      : [
          md`${result.gate} ${result.outcome} for ${differs.given}: not the artifact of this release, so it does not count.`,
        ];
  });

/** As cards and the command line say it as well. */
const outcomeIn = (word: string | undefined): 'passed' | 'failed' | null =>
  /^pass(?:ed|es)?$/i.test(word ?? '') ? 'passed' : /^fail(?:ed|s)?$/i.test(word ?? '') ? 'failed' : null;

const gateName = (value: string): string => unpackValue(value)[1] ?? '';

const { recordGate, waiveGate } = gateVerbs;

const artifactForm = (release: SeenRelease): Answer => ({
  kind: 'form',
  view: form({
    id: VIEWS.artifact,
    title: 'Artifact',
    submit: 'Record',
    metadata: release.id,
    blocks: [
      textInput({
        id: 'artifact',
        label: `Commit or digest of ${nameOf(release)}`,
        initial: release.artifact.digest ?? release.artifact.sha,
        placeholder: 'sha256:…',
        hint: 'Another one than is known is another artifact: approval is asked for it anew.',
      }),
    ],
  }),
});

const recordTyped = onCommand(gateVerbs.recordArtifact, ({ words }) => givenIn(words[1] ?? ''), 'Recorded.');

/** With a release alone, or none, a form; with the artifact it is recorded at once. */
const artifactByCommand = async (request: CommandRequest): Promise<Answer> => {
  if (request.words.length > 1) return recordTyped.run(request);
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const permitted = mayAct('edit', request.catalog, request.actor, found.value);
  return permitted.ok ? artifactForm(found.value) : refused(permitted.refusal);
};

const gateByCommand = async (request: CommandRequest): Promise<Answer> => {
  const [, gate, outcome, ...words] = request.words;
  const found = await namedRelease(request);
  if (!found.ok) return refused(found.refusal);
  const { id } = found.value;
  if (gate === undefined) return gates(request, found.value);
  const comment = asText(words);
  if (outcome === 'waive') {
    const read = reasonAndEnd(request, words, 'Not waived');
    if (!read.ok) return refused(read.refusal);
    const { reason, end } = read.value;
    const until = end?.start ?? after(request.ctx.now, 7 * DAY);
    const done = end === null ? md`Waived for 7 days.` : md`Waived until ${dateToken(until)}${typedBeside(end.typed)}.`;
    return actOn(request, waiveGate, id, { gate, reason, until }, done);
  }
  const read = outcomeIn(outcome);
  if (read === null)
    return refused({
      code: 'ambiguous',
      what: 'outcome',
      examples: [`gate REL-142 ${gate} pass`, `gate REL-142 ${gate} fail "why"`],
    });
  return actOn(request, recordGate, id, { gate, outcome: read, comment: comment === '' ? null : comment }, 'Recorded.');
};

export const gateRoutes: Routes = {
  verbs: {
    gate: { run: gateByCommand },
    artifact: { opens: 'Artifact', opensUpTo: 1, run: artifactByCommand },
  },
  actions: {
    [ACTIONS.gates]: {
      run: async (request) => {
        const found = await clickedRelease(request);
        return found.ok ? gates(request, found.value) : refused(found.refusal);
      },
    },
    [ACTIONS.gatePass]: onClick(
      recordGate,
      ({ value }) => ({ gate: gateName(value), outcome: 'passed' as const, comment: null }),
      (release, { value }) => `Recorded: ${gateName(value)} passed for ${nameOf(release)}.`,
      'line',
    ),
    [ACTIONS.gateFail]: openReason('Gate failed', VIEWS.gateFail, 'Record', 'What failed?'),
    [ACTIONS.gateWaive]: {
      opens: 'Waive gate',
      run: async (request) => {
        const found = await clickedRelease(request);
        if (!found.ok) return refused(found.refusal);
        const until = Math.floor(Date.parse(after(request.ctx.now, 7 * DAY)) / 1_000);
        const blocks = [
          textInput({
            id: 'reason',
            label: 'Why can it be waived?',
            multiline: true,
            hint: `${gateName(request.value)} of ${nameOf(found.value)}. Approvers read this.`,
          }),
          dateTimeInput({ id: 'until', label: 'Until', initialSeconds: until }),
        ];
        return {
          kind: 'form',
          view: form({ id: VIEWS.gateWaive, title: 'Waive gate', submit: 'Waive', metadata: request.value, blocks }),
        };
      },
    },
  },
  views: {
    artifact: onSubmit(
      gateVerbs.recordArtifact,
      ({ values }) => givenIn(textOf(values, 'artifact')?.trim() ?? ''),
      'Recorded.',
    ),
    gate_fail: onSubmit(
      recordGate,
      ({ metadata, values }) => ({
        gate: gateName(metadata),
        outcome: 'failed' as const,
        comment: textOf(values, 'reason'),
      }),
      (_release, { metadata }) => `Recorded: ${gateName(metadata)} failed.`,
      'line',
    ),
    gate_waive: onSubmit(
      waiveGate,
      ({ ctx, metadata, values }) => ({
        gate: gateName(metadata),
        reason: textOf(values, 'reason') ?? '',
        until: instantOf(values, 'until') ?? ctx.now,
      }),
      (_release, { metadata }) => `Waived: ${gateName(metadata)}.`,
      'line',
    ),
  },
};
