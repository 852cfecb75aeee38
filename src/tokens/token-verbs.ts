/** Tokens are made, rotated and revoked by admins. The secret stays outside: what is kept is its hash. */
import { z } from 'zod';
import { allow, type Decision, refuse } from '../domain/refusal.ts';
import { makeToken, revokeToken, rotateToken, SCOPE_NAMES, type Scope, type Token } from '../domain/token/token.ts';
import { command, say } from '../domain/words.ts';
import { appendEvents, named } from '../journal/append.ts';
import { anInstant, text, type WorkspaceUnit, workspaceVerb } from '../situation/verbs.ts';
import { insertToken, saveRevoked, saveSecret, tokenNamed, tokensOf } from './token-store.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const meant = async ({ tx, ctx }: WorkspaceUnit, name: string): Promise<Decision<Token>> => {
  const token = await tokenNamed(tx, ctx.workspace, name);
  return token === null
    ? refuse({ code: 'not_found', what: 'token', reference: name, fix: say`See them with ${command('token')}.` })
    : allow(token);
};

export const tokenVerbs = {
  make: workspaceVerb('make token', {
    input: z.object({
      name: text,
      scopes: z.array(z.enum(SCOPE_NAMES as [Scope, ...Scope[]])).readonly(),
      services: z.array(text).readonly(),
      environments: z.array(text).readonly(),
      expiresAt: anInstant.nullable(),
      hash,
    }),
    may: 'administer',
    token: null,
    says: 'lets a pipeline or a script in',
    typed: 'token new',
    run: async ({ deps, ctx, tx, writer, catalog, act }, { hash: secret, ...input }) => {
      const taken = (await tokensOf(tx, ctx.workspace)).map(({ name }) => name);
      const made = makeToken(input, taken, catalog, act);
      if (!made.ok) return made;
      await insertToken(tx, ctx.workspace, made.value.token, secret);
      await appendEvents(tx, deps, ctx, writer, named(deps, made.value.events));
      return allow({ name: made.value.token.name });
    },
  }),
  rotate: workspaceVerb('rotate token', {
    input: z.object({ name: text, hash }),
    may: 'administer',
    token: null,
    says: 'gives a token another secret',
    typed: 'token rotate NAME',
    run: async (unit, { name, hash: secret }) => {
      const found = await meant(unit, name);
      if (!found.ok) return found;
      const rotated = rotateToken(found.value);
      if (!rotated.ok) return rotated;
      const { deps, ctx, tx, writer } = unit;
      await saveSecret(tx, ctx.workspace, found.value.id, secret);
      await appendEvents(tx, deps, ctx, writer, named(deps, rotated.value.events));
      return allow({ name });
    },
  }),
  revoke: workspaceVerb('revoke token', {
    input: z.object({ name: text }),
    may: 'administer',
    token: null,
    says: 'takes a token back for good',
    typed: 'token revoke NAME',
    run: async (unit, { name }) => {
      const found = await meant(unit, name);
      if (!found.ok) return found;
      const revoked = revokeToken(found.value, unit.act);
      if (!revoked.ok) return revoked;
      const { deps, ctx, tx, writer } = unit;
      await saveRevoked(tx, ctx.workspace, revoked.value.token);
      await appendEvents(tx, deps, ctx, writer, named(deps, revoked.value.events));
      return allow({ name });
    },
  }),
};
