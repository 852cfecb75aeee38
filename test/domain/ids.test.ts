import { describe, expect, it } from 'vitest';
import { channelId, ID_PREFIXES, type IdKind, parseId, userId } from '../../src/domain/ids.ts';

const KINDS = Object.keys(ID_PREFIXES) as IdKind[];

describe('ids', () => {
  it.each(KINDS)('%s is told from every other kind by its prefix', (kind) => {
    const id = `${ID_PREFIXES[kind]}_7f3a`;
    expect(KINDS.filter((other) => parseId(other, id) !== null)).toEqual([kind]);
  });

  it('have prefixes of three small letters, so that a log line can be read', () => {
    for (const prefix of Object.values(ID_PREFIXES)) expect(prefix).toMatch(/^[a-z]{3}$/);
  });

  it.each([
    ['the id of another kind', 'frz_1'],
    ['a prefix without what belongs to it', 'rel'],
    ['another spelling', 'REL_1'],
    ['a key', 'REL-142'],
    ['text before it', ' rel_1'],
    ['a longer prefix', 'rele_1'],
    ['nothing', ''],
  ])('of a release are not %s', (_, text) => expect(parseId('release', text)).toBeNull());

  it('are given back as they came', () => {
    expect(parseId('release', 'rel_1')).toBe('rel_1');
    expect([userId('U1'), channelId('C1')]).toEqual(['U1', 'C1']);
  });
});
