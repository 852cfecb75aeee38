import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branches,
  environmentNamed,
  groupName,
  hasRole,
  holds,
  isHigher,
  isRule,
  membersOf,
  type Predicate,
  protectedEnvironments,
  RISK_LEVELS,
  type Service,
  startMode,
  type Traits,
  withOwnNames,
} from '../../../src/domain/catalog/catalog.ts';
import { ADAM, aCatalog, aRule, BELLA, OWNER, QUINN, RITA } from '../../support/builders.ts';

const traits = (more: Partial<Traits> = {}): Traits => ({
  type: 'normal',
  service: 'checkout',
  affects: ['search'],
  tier: 2,
  risk: 'medium',
  schema: false,
  customers: true,
  ...more,
});

describe('a predicate', () => {
  it.each([
    ['that says nothing', {}, true],
    ['of its type', { type: ['normal'] }, true],
    ['of one of several types', { type: ['hotfix', 'normal'] }, true],
    ['of another type', { type: ['hotfix'] }, false],
    ['of no type at all', { type: [] }, false],
    ['of its risk', { risk: ['low', 'medium'] }, true],
    ['of more risk', { risk: ['high', 'critical'] }, false],
    ['of its service', { service: ['checkout'] }, true],
    ['of a service that it affects', { service: ['ledger', 'search'] }, true],
    ['of another service', { service: ['ledger'] }, false],
    ['of a service that is named alike', { service: ['check'] }, false],
    ['of its tier', { tier: [1, 2] }, true],
    ['of another tier', { tier: [1] }, false],
    ['of a schema that stays', { schema: false }, true],
    ['of a schema that changes', { schema: true }, false],
    ['of customers who notice', { customers: true }, true],
    ['of customers who do not', { customers: false }, false],
    ['of which every part fits', { type: ['normal'], risk: ['medium'], tier: [2], customers: true }, true],
    ['of which one part does not', { type: ['normal'], risk: ['medium'], tier: [3], customers: true }, false],
    ['with fields that are left open', { type: undefined, schema: undefined, customers: undefined }, true],
  ] as const)('%s', (_, when, expected) => expect(holds(when, traits())).toBe(expected));

  it('holds when each of its fields holds by itself', () => {
    const when: fc.Arbitrary<Predicate> = fc.record(
      {
        type: fc.subarray(['standard', 'normal', 'hotfix', 'emergency'] as const),
        risk: fc.subarray(['low', 'medium', 'high', 'critical'] as const),
        service: fc.subarray(['checkout', 'search', 'ledger']),
        tier: fc.subarray([1, 2, 3]),
        schema: fc.boolean(),
        customers: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(when, fc.boolean(), fc.boolean(), (predicate, schema, customers) => {
        const asked = traits({ schema, customers });
        const alone = Object.entries(predicate).map(([field, value]) => holds({ [field]: value }, asked));
        expect(holds(predicate, asked)).toBe(alone.every(Boolean));
      }),
    );
  });
});

describe('levels of risk', () => {
  it('go from low to critical', () => expect(RISK_LEVELS).toEqual(['low', 'medium', 'high', 'critical']));

  it.each([
    ['medium', 'low', true],
    ['critical', 'high', true],
    ['critical', 'low', true],
    ['medium', 'medium', false],
    ['low', 'medium', false],
    ['high', 'critical', false],
  ] as const)('%s is higher than %s: %s', (level, than, higher) => expect(isHigher(level, than)).toBe(higher));
});

describe('environments', () => {
  const environments = [
    { name: 'staging', protected: false, requires: null },
    { name: 'eu', protected: true, requires: 'staging' },
    { name: 'us', protected: true, requires: 'eu' },
  ];

  it('are found by their name, as it is written', () => {
    const catalog = aCatalog({ environments });
    expect(environmentNamed(catalog, 'eu')).toEqual(environments[1]);
    expect(environmentNamed(catalog, 'EU')).toBeNull();
    expect(environmentNamed(catalog, 'toString')).toBeNull();
  });

  it('that are protected come in the order of the catalog', () => {
    expect(protectedEnvironments(aCatalog({ environments }))).toEqual(['eu', 'us']);
    expect(protectedEnvironments(aCatalog({ environments: environments.slice(0, 1) }))).toEqual([]);
  });
});

describe('who is in a group', () => {
  const catalog = aCatalog();

  it.each([
    ['a group', ['qa'], [QUINN]],
    ['the owners of the service, whatever their group is called', ['$owners'], [OWNER, ADAM, BELLA]],
    ['several groups', ['qa', 'managers'], [QUINN, RITA]],
    ['two that are the same people', ['owners', '$owners'], [OWNER, ADAM, BELLA]],
    ['no group', [], []],
    ['an unknown group', ['nobody'], []],
    ['an unknown group beside a known one', ['nobody', 'qa'], [QUINN]],
  ] as const)('%s', (_, groups, people) => expect(membersOf(catalog, groups, 'checkout')).toEqual(people));

  it('of the owners of an unknown service is nobody', () =>
    expect(membersOf(catalog, ['$owners'], 'ledger')).toEqual([]));

  it('is called by the name of the group', () => {
    expect(groupName(catalog, 'qa', 'checkout')).toBe('qa');
    expect(groupName(catalog, '$owners', 'checkout')).toBe('owners');
    const { services } = catalog;
    const checkout = { ...(services.checkout as Service), owners: 'checkout-owners' };
    expect(groupName(aCatalog({ services: { checkout } }), '$owners', 'checkout')).toBe('checkout-owners');
  });
});

describe('roles', () => {
  const catalog = aCatalog({ roles: { admin: ['managers'], release_manager: ['qa', 'managers'], deployer: ['gone'] } });

  it.each([
    ['admin', RITA, true],
    ['admin', QUINN, false],
    ['release_manager', QUINN, true],
    ['release_manager', RITA, true],
    ['release_manager', OWNER, false],
    ['deployer', OWNER, false],
  ] as const)('%s: %s %s', (role, who, has) => expect(hasRole(catalog, role, who)).toBe(has));
});

describe('how a deployment starts', () => {
  const { services } = aCatalog();
  const start = { staging: 'webhook', production: 'pipeline' } as const;
  const catalog = aCatalog({ services: { checkout: { ...(services.checkout as Service), start } } });

  it.each([
    ['checkout', 'production', 'pipeline'],
    ['checkout', 'staging', 'webhook'],
    ['checkout', 'demo', 'by-hand'],
    ['ledger', 'production', 'by-hand'],
  ] as const)('%s to %s: %s', (service, environment, mode) => {
    expect(startMode(catalog, service, environment)).toBe(mode);
  });
});

describe('trees of rules', () => {
  const rule = aRule();
  it('are rules, or branches of all or any', () => {
    expect([isRule(rule), isRule({ all: [rule] }), isRule({ any: [] })]).toEqual([true, false, false]);
    expect(branches({ all: [rule, { any: [rule] }] })).toEqual([rule, { any: [rule] }]);
    expect(branches({ any: [rule] })).toEqual([rule]);
  });
});

describe('names that every object has', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'];

  it.each(names)('%s is a service, a group and a policy of nobody', (name) => {
    const catalog = aCatalog();
    expect([catalog.services[name], catalog.groups[name], catalog.policies[name]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(membersOf(catalog, [name], name)).toEqual([]);
    expect(startMode(catalog, 'checkout', name)).toBe('by-hand');
  });

  it('and the catalog is the same as before in everything that it has', () => {
    const catalog = aCatalog();
    expect(JSON.stringify(withOwnNames(catalog))).toBe(JSON.stringify(catalog));
  });
});
