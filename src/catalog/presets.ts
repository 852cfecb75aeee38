/** The three presets, expanded into the same plain rules that a team would write itself. */
import type { Catalog, Policy, Preset, Rule } from '../domain/catalog/catalog.ts';

type PresetRules = Pick<
  Catalog,
  'policies' | 'rollbackPlan' | 'planDetails' | 'closes' | 'freezeSeverity' | 'membershipFixedAtSubmit'
> & {
  reviews: Pick<Catalog['reviews'], 'after' | 'lowRisk'>;
};

const rule = (name: string, more: Partial<Rule>): Rule => ({
  name,
  when: {},
  groups: ['$owners'],
  people: [],
  count: 1,
  exclude: { requester: true, authors: false, deployer: false },
  ...more,
});

/** `light`: nobody, except one other person for services of tier 1. */
const light: Policy = { rules: { all: [rule('another person', { when: { tier: [1] } })] }, otherwise: 'nobody' };

/** `standard`: one service owner who did not ask; two from high risk on, and then no author. */
const standard: Policy = {
  rules: {
    all: [
      rule('service owners', { when: { risk: ['low', 'medium'] } }),
      rule('service owners', {
        when: { risk: ['high', 'critical'] },
        count: 2,
        exclude: { requester: true, authors: true, deployer: false },
      }),
    ],
  },
  otherwise: 'owners',
};

const nobodyInvolved = { requester: true, authors: true, deployer: true };

/** `strict`: two people of two groups, none of them involved. */
const strict = (managers: readonly string[]): Policy => ({
  rules: {
    all: [
      rule('service owners', { exclude: nobodyInvolved }),
      rule('release management', { groups: managers, exclude: nobodyInvolved }),
    ],
  },
  otherwise: 'owners',
});

/** The approval rules of every preset by its name, so that a service can take those of another one: `policy: light`. */
export const presetPolicies = (managers: readonly string[]): Readonly<Record<Preset, Policy>> => ({
  light,
  standard,
  strict: strict(managers),
});

/** `managers` are the groups that hold the role release_manager. */
export const presetRules = (preset: Preset, managers: readonly string[]): PresetRules => {
  switch (preset) {
    case 'light':
      return {
        policies: { default: light },
        rollbackPlan: 'optional',
        planDetails: 'optional',
        closes: 'when complete',
        freezeSeverity: 'soft',
        membershipFixedAtSubmit: false,
        reviews: { after: 'failures', lowRisk: 'short' },
      };
    case 'standard':
      return {
        policies: { default: standard },
        rollbackPlan: 'optional',
        planDetails: 'optional',
        closes: 'when complete',
        freezeSeverity: 'hard',
        membershipFixedAtSubmit: false,
        reviews: { after: 'every release', lowRisk: 'short' },
      };
    case 'strict':
      return {
        policies: { default: strict(managers) },
        rollbackPlan: 'required',
        planDetails: 'required',
        closes: 'by hand',
        freezeSeverity: 'hard',
        membershipFixedAtSubmit: true,
        reviews: { after: 'every release', lowRisk: 'full' },
      };
  }
};
