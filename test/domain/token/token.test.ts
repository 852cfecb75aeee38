/** What a token may do and where, and how it is made, rotated and revoked. */
import { describe, expect, it } from 'vitest';
import { refusalSentence } from '../../../src/domain/refusal.ts';
import { after, DAY } from '../../../src/domain/time.ts';
import {
  isLive,
  madeByWords,
  makeToken,
  revokeToken,
  rotateToken,
  SCOPE_NAMES,
  SCOPES,
  type Token,
  type TokenInput,
  tokenActor,
  tokenName,
  tokenRefusal,
  tokenWords,
} from '../../../src/domain/token/token.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';
import { ADAM, aCatalog, anAct, done, NOW, OWNER, refusalOf } from '../../support/builders.ts';

const input: TokenInput = {
  name: 'checkout-ci',
  scopes: ['deploy'],
  services: ['checkout'],
  environments: ['production'],
  expiresAt: after(NOW, DAY),
};
const made = (more: Partial<TokenInput> = {}): Token =>
  done(makeToken({ ...input, ...more }, [], aCatalog(), anAct(OWNER))).token;
const voice = { names: {}, command: '/release', zone: 'UTC' };

describe('a token', () => {
  it('acts under its name, which no person has', () => {
    expect(tokenActor(made())).toBe('token:checkout-ci');
    expect(tokenName(tokenActor(made()))).toBe('checkout-ci');
    expect(tokenName(OWNER)).toBeNull();
  });

  it('is kept with who made it, and told in the journal without a secret', () => {
    const { token, events } = done(makeToken(input, [], aCatalog(), anAct(OWNER)));
    expect(token).toMatchObject({ madeBy: OWNER, madeAt: NOW, usedAt: null, revokedAt: null });
    expect(events).toMatchObject([{ kind: 'token.made', data: { token: 'checkout-ci', scopes: ['deploy'] } }]);
    expect(tokenWords(token)).toBe('deploy · checkout · production');
    expect(tokenWords(made({ services: [], environments: [] }))).toBe('deploy · all services · all environments');
    expect(sentenceText(madeByWords(token), { ...voice, names: { [OWNER]: 'olivia' } })).toContain('made by olivia');
  });

  it.each<[string, Partial<TokenInput>, string]>([
    ['a name that is none', { name: 'Checkout CI' }, 'name'],
    ['a name that is too short', { name: 'ci' }, 'name'],
    ['a name that was given', { name: 'taken-ci' }, 'name'],
    ['nothing that it may', { scopes: [] }, 'scopes'],
    ['a service that is none', { services: ['chekout'] }, 'service'],
    ['an environment that is none', { environments: ['prod'] }, 'environments'],
    ['an end that is past', { expiresAt: NOW }, 'until'],
  ])('is refused with %s', (_, more, field) => {
    const refusal = refusalOf(makeToken({ ...input, ...more }, ['taken-ci'], aCatalog(), anAct(OWNER)));
    expect(refusal).toMatchObject({ code: 'fields', problems: [{ field }] });
  });

  it('counts until it expires or is revoked, for good', () => {
    const token = made();
    expect(isLive(token, after(NOW, DAY - 1))).toBe(true);
    expect(isLive(token, after(NOW, DAY))).toBe(false);
    expect(isLive(made({ expiresAt: null }), after(NOW, 9_000 * DAY))).toBe(true);
    const { token: revoked, events } = done(revokeToken(token, anAct(ADAM)));
    expect(isLive(revoked, NOW)).toBe(false);
    expect(revoked.revokedBy).toBe(ADAM);
    expect(events).toMatchObject([{ kind: 'token.revoked' }]);
    expect(refusalOf(revokeToken(revoked, anAct(ADAM)))).toMatchObject({ code: 'status', did: 'Not revoked' });
    expect(refusalOf(rotateToken(revoked))).toMatchObject({ code: 'status', did: 'Not rotated' });
    expect(done(rotateToken(token)).events).toMatchObject([{ kind: 'token.rotated' }]);
  });
});

describe('what it may', () => {
  const may = (wanted: Parameters<typeof tokenRefusal>[1], more: Partial<TokenInput> = {}) =>
    tokenRefusal(made(more), wanted) === null;
  const there = { services: ['checkout'], environment: 'production' };

  it.each([
    ['its own, where it is for', true, { scope: 'deploy', ...there }, {}],
    ['nothing else', false, { scope: 'plan', ...there }, {}],
    ['nothing that is for people', false, { scope: null, ...there }, { scopes: SCOPE_NAMES }],
    ['nothing of another service', false, { scope: 'deploy', services: ['search'], environment: 'production' }, {}],
    ['nothing of all services', false, { scope: 'deploy', services: [null], environment: 'production' }, {}],
    ['nothing of two, where one is not its', false, { scope: 'deploy', services: ['checkout', 'search'] }, {}],
    ['nothing elsewhere', false, { scope: 'deploy', services: ['checkout'], environment: 'staging' }, {}],
    ['nothing where nobody says where', false, { scope: 'deploy', services: ['checkout'], environment: null }, {}],
    ['what is nowhere', true, { scope: 'deploy', services: ['checkout'] }, {}],
    [
      'everything, where it is for all',
      true,
      { scope: 'deploy', services: [null], environment: null },
      { services: [], environments: [] },
    ],
  ] as const)('is %s: %s', (_, expected, wanted, more) => expect(may(wanted, more)).toBe(expected));

  it('is refused with its name and what it is for', () => {
    const refusal = tokenRefusal(made(), { scope: 'deploy', services: ['search'] });
    expect(refusal === null ? '' : sentenceText(refusalSentence(refusal), voice)).toBe(
      'Nothing done: token checkout-ci is for checkout only, and this is about search. An admin can make another token with /release token.',
    );
    expect(Object.values(SCOPES).every((words) => words.length > 0)).toBe(true);
  });
});
