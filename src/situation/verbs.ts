/**
 * What a verb is: one row that says its name, what it is done to, what it wants to know, who may, and the pure decision. Slack, the clock
 * and whoever else acts are callers of the same row; help and permissions are readings of it.
 */

import { z } from 'zod';
import type { Tx } from '../db/connection.ts';
import type { Ctx, Writer } from '../db/transact.ts';
import type { Deps } from '../deps.ts';
import type { Catalog } from '../domain/catalog/catalog.ts';
import { type UserId, userId } from '../domain/ids.ts';
import type { Permission } from '../domain/permissions.ts';
import { type Decision, type Field, type Refusal, refuse } from '../domain/refusal.ts';
import type { Act, Effect, Situation } from '../domain/situation.ts';
import { type Instant, instant } from '../domain/time.ts';
import type { Scope } from '../domain/token/token.ts';
import { UNSTORABLE } from '../domain/words.ts';

/** Who may: those whom the permission names, or those whom the rule itself names (an approver, a judge, the owner of a gate). */
export type May<Input> = Permission | 'by rule' | ((s: Situation, input: Input, act: Act) => Permission | 'by rule');

/** Done to one release: a pure decision on its situation. */
export type ReleaseVerb<Input> = {
  on: 'release';
  name: string;
  input: z.ZodType<Input>;
  may: May<Input>;
  decide: (s: Situation, input: Input, act: Act) => Decision<Effect>;
  /** What a token has to be allowed for it; `null`: for people only. */
  token: Scope | null;
  /** Whom the input gives something to do: they have to be members who can. */
  people?: (input: Input) => readonly (UserId | null | undefined)[];
  /** Services besides the release's own that the input names: what is known of them is read. */
  services?: (input: Input) => readonly string[];
  /** Releases that the input names: what is known of them, and of what they hang on, is read. */
  links?: (input: Input) => readonly string[];
  /** For the help: what it does, in a few words. */
  says: string;
  /** How it is typed after the command's name; null where only a button does it. */
  typed: string | null;
};

/** What a verb on the workspace works with. It reads and writes in the unit, alone in its workspace. */
export type WorkspaceUnit = {
  deps: Deps;
  ctx: Ctx & { actor: UserId };
  tx: Tx;
  writer: Writer;
  catalog: Catalog;
  act: Act;
};

/** Done to something else of the workspace: a new release, a freeze. */
export type WorkspaceVerb<Input, Value> = {
  on: 'workspace';
  name: string;
  input: z.ZodType<Input>;
  may: Permission;
  /** What a token has to be allowed for it; `null`: for people only. */
  token: Scope | null;
  /** The services that it is about; `null` stands for all. Empty where it is about none. */
  touches?: (input: Input) => readonly (string | null)[];
  /** The environment that it is about, where it is about one: a token may be kept to others. */
  place?: (input: Input) => string;
  run: (unit: WorkspaceUnit, input: Input) => Promise<Decision<Value>>;
  says: string;
  typed: string | null;
};

export const releaseVerb = <Input>(name: string, row: Omit<ReleaseVerb<Input>, 'on' | 'name'>): ReleaseVerb<Input> => ({
  on: 'release',
  name,
  ...row,
});

export const workspaceVerb = <Input, Value>(
  name: string,
  row: Omit<WorkspaceVerb<Input, Value>, 'on' | 'name'>,
): WorkspaceVerb<Input, Value> => ({ on: 'workspace', name, ...row });

/** What a row says of itself, whatever it is done to. */
export type Verb = Pick<
  ReleaseVerb<never> | WorkspaceVerb<never, unknown>,
  'on' | 'name' | 'says' | 'typed' | 'token'
> & {
  may: unknown;
  input: z.ZodType;
};

/** A row of the table as what it is: its input is read by its own schema, so that whoever runs it needs not know its type. */
export const isReleaseVerb = (verb: Verb): verb is Verb & ReleaseVerb<never> => verb.on === 'release';
export const isWorkspaceVerb = (verb: Verb): verb is Verb & WorkspaceVerb<never, unknown> => verb.on === 'workspace';

/** The table: every verb there is, by what it is about. */
export const TOPICS = ['plan', 'approve', 'freeze', 'deploy', 'review', 'admin'] as const;
export type Topic = (typeof TOPICS)[number];
export type VerbTable = Readonly<Record<Topic, readonly Verb[]>>;

const LONGEST = 3_000;

/** What a person wrote. Postgres stores neither NUL nor half a character, so they are refused where they come in. */
export const text = z
  .string()
  .max(LONGEST, `Keep each text to ${LONGEST} characters.`)
  .refine((value) => !UNSTORABLE.test(value), 'It holds characters that cannot be stored. Type it anew.')
  // What nobody can see is nothing.
  .overwrite((value) => (/^[\s\p{Cf}\p{Cc}]*$/u.test(value) ? '' : value));
/** Left out is nothing. */
export const textOrNull = text.nullable().default(null);
/** Left out is left as it is. */
export const textIfSaid = text.nullable().optional();
export const aPerson = text.transform((value): UserId => userId(value));
export const anInstant = z.iso
  .datetime('is no time: write it like 2026-11-03T09:00:00Z')
  .transform((value): Instant => instant(value));
export const nothing = z.null();

/** Reads what came in; a value that the schema refuses is named by its field. */
export const parsed = <Input>(schema: z.ZodType<Input>, input: unknown): Decision<Input> => {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.map(({ path, message }) => ({
    field: String(path[0] ?? 'text') as Field,
    problem: [message],
  }));
  const refusal: Refusal = { code: 'fields', problems };
  return refuse(refusal);
};
