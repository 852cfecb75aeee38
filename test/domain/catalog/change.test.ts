import { describe, expect, it } from 'vitest';
import type { Catalog, Service } from '../../../src/domain/catalog/catalog.ts';
import { channelsOf, isUnfound, sensitiveParts, withChannel, withMembers } from '../../../src/domain/catalog/change.ts';
import { channelId } from '../../../src/domain/ids.ts';
import { ADAM, aCatalog, aRule, BELLA, OWNER, QUINN, RITA } from '../../support/builders.ts';

const before = aCatalog();
const checkout = before.services.checkout as Service;
const service = (more: Partial<Service>): Partial<Catalog> => ({ services: { checkout: { ...checkout, ...more } } });
const gate = { name: 'regression', when: {}, before: 'approval', owners: ['qa'], waive: 'release_manager' } as const;
const rules = (more = {}) => ({
  policies: { default: { rules: { all: [aRule(more)] }, otherwise: 'owners' as const } },
});
const slack = { id: 'S1', team: null, handle: 'owners', typed: [OWNER] };

describe('a channel that Slack did not show yet', () => {
  const named = { ...before, ...service({ channel: channelId('#team-x') }) } as Catalog;
  const routed: Catalog = {
    ...named,
    announce: [{ when: {}, to: [channelId('#team-x'), channelId('C0NEWS')], audience: 'stakeholders' }],
  };

  it('goes by its id from then on, wherever it is named', () => {
    const found = withChannel(routed, 'team-x', channelId('C0X'));
    expect(found?.services.checkout?.channel).toBe('C0X');
    expect(found?.announce[0]?.to).toEqual(['C0X', 'C0NEWS']);
    expect(found === null ? [] : channelsOf(found).filter(isUnfound)).toEqual([]);
  });

  it('is no other one', () => {
    expect(withChannel(routed, 'team-y', channelId('C0Y'))).toBeNull();
    expect(channelsOf(routed).filter(isUnfound)).toEqual(['#team-x']);
  });
});

describe('what a second admin has to look at', () => {
  it.each([
    ['nothing', {}, []],
    ['another version number', { version: 8 }, []],
    ['another preset', { preset: 'strict' as const }, ['preset']],
    ['other rules', rules({ count: 3 }), ['policies']],
    ['a gate', { gates: [gate] }, ['gates']],
    ['who has a role', { roles: { ...before.roles, admin: ['qa'] } }, ['roles']],
    ['a person in a group', { groups: { ...before.groups, qa: { people: [QUINN, ADAM], slack: null } } }, ['groups']],
    ['a new group', { groups: { ...before.groups, dba: { people: [ADAM], slack: null } } }, ['groups']],
    ['a group that comes from Slack', { groups: { ...before.groups, qa: { people: [QUINN], slack } } }, ['groups']],
    ['another owner of a service', service({ owners: 'qa' }), ['services']],
    ['another policy of a service', service({ policy: 'light' }), ['services']],
    ['a service that matters less', service({ tier: 3 }), ['services']],
    ['how a service starts', service({ start: { production: 'pipeline' } }), ['services']],
    ['a new service', { services: { checkout, search: checkout } }, ['services']],
    ['a service that is gone', { services: {} }, ['services']],
    ['where a service talks', service({ channel: channelId('C2') }), []],
    ['the zone of a service', service({ zone: 'Asia/Tokyo' }), []],
    ['where announcements go', { announce: [] }, []],
    ['when reviews are prompted', { reviews: { ...before.reviews, prompt: '0 9 * * 1' } }, []],
  ] as const)('%s', (_, more, parts) => {
    expect(sensitiveParts(before, { ...before, ...more } as Catalog)).toEqual(parts);
  });

  it.each([
    ['loses its protection', [{ name: 'production', protected: false, requires: null }], ['protected environments']],
    [
      'does not need staging any more',
      [{ name: 'production', protected: true, requires: null }],
      ['protected environments'],
    ],
    [
      'gets another one beside it that is not protected',
      [
        { name: 'demo', protected: false, requires: null },
        { name: 'production', protected: true, requires: 'staging' },
      ],
      [],
    ],
    [
      'gets another one beside it that is',
      [
        { name: 'production', protected: true, requires: 'staging' },
        { name: 'eu', protected: true, requires: null },
      ],
      ['protected environments'],
    ],
  ])('a protected environment that %s', (_, environments, parts) => {
    const now = aCatalog({ environments: [{ name: 'production', protected: true, requires: 'staging' }] });
    expect(sensitiveParts(now, { ...now, environments })).toEqual(parts);
  });

  it('is said of everything at once', () => {
    const more = { preset: 'light' as const, ...rules({ count: 0 }), ...service({ owners: 'qa' }) };
    expect(sensitiveParts(before, { ...before, ...more })).toEqual(['preset', 'policies', 'services']);
  });

  it('is the same whichever of the two came first', () => {
    const now = { ...before, gates: [gate], ...service({ tier: 1 }) };
    expect(sensitiveParts(now, before)).toEqual(sensitiveParts(before, now));
  });

  it('does not mind in which order services are written', () => {
    const one = { ...before, services: { checkout, search: checkout } };
    const other = { ...before, services: { search: checkout, checkout } };
    expect(sensitiveParts(one, other)).toEqual([]);
  });

  it('of a group from Slack is its handle and who is typed, not who is in it today', () => {
    const now = aCatalog({ groups: { ...before.groups, owners: { people: [OWNER, ADAM], slack } } });
    const owners = { people: [OWNER, BELLA, RITA], slack };
    expect(sensitiveParts(now, { ...now, groups: { ...now.groups, owners } })).toEqual([]);
    for (const other of [{ handle: 'leads' }, { typed: [OWNER, RITA] }]) {
      const groups = { ...now.groups, owners: { people: [OWNER, ADAM], slack: { ...slack, ...other } } };
      expect(sensitiveParts(now, { ...now, groups })).toEqual(['groups']);
    }
  });
});

describe('members as Slack has them', () => {
  const catalog = aCatalog({
    groups: {
      owners: { people: [OWNER, ADAM, BELLA], slack },
      leads: { people: [ADAM], slack: { ...slack, id: 'S2', handle: 'leads', typed: [] } },
      qa: { people: [QUINN], slack: null },
    },
  });
  const synced = (owners: readonly (typeof OWNER)[]) => withMembers(catalog, new Map([['S1', owners]]));

  it('are taken over, and who joined and left is said', () => {
    const found = synced([ADAM, RITA]);
    expect(found?.groups.owners?.people).toEqual([OWNER, ADAM, RITA]);
    expect(found?.changes).toEqual([{ group: 'owners', joined: [RITA], left: [BELLA] }]);
  });

  it('never lose those whom the catalog names itself', () => {
    const found = synced([]);
    expect(found?.groups.owners?.people).toEqual([OWNER]);
    expect(found?.changes).toEqual([{ group: 'owners', joined: [], left: [ADAM, BELLA] }]);
  });

  it.each([
    ['the same people', [OWNER, ADAM, BELLA]],
    ['the same people in another order', [BELLA, ADAM]],
    ['the same people, one twice', [ADAM, ADAM, BELLA, OWNER]],
  ])('are no change when they are %s', (_, people) => expect(synced(people)).toBeNull());

  it('stay as they are in a group that was not asked for, or that Slack does not know', () => {
    expect(withMembers(catalog, new Map())).toBeNull();
    expect(withMembers(catalog, new Map([['S9', [RITA]]]))).toBeNull();
    const found = synced([RITA]);
    expect(found?.groups.leads).toEqual(catalog.groups.leads);
    expect(found?.groups.qa).toEqual(catalog.groups.qa);
  });

  it('keep the definition of the group', () => {
    expect(synced([RITA])?.groups.owners?.slack).toEqual(slack);
    const { groups } = synced([RITA]) ?? { groups: {} };
    expect(sensitiveParts(catalog, { ...catalog, groups })).toEqual([]);
  });

  it('of several groups are each told by themselves', () => {
    const members = new Map([
      ['S1', [ADAM, BELLA]],
      ['S2', [ADAM, QUINN]],
    ]);
    expect(withMembers(catalog, members)?.changes).toEqual([{ group: 'leads', joined: [QUINN], left: [] }]);
  });
});
