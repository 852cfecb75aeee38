/** The first catalog of a workspace, written from the answers of the setup form: plain YAML, so that a team can take it into git. */
import { stringify } from 'yaml';
import type { Preset } from '../domain/catalog/catalog.ts';

export type SetupAnswers = {
  preset: Preset;
  service: string;
  channel: string;
  announce: string | null;
  environments: readonly string[];
  approvers: readonly string[];
  admin: string;
  zone: string;
};

/** `a, b` as the names of environments; the last one is where customers are. */
export const environmentsIn = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(/[\s,]+/)
      .map((name) => name.toLowerCase())
      .filter((name) => name !== ''),
  ),
];

export const firstCatalog = (answers: SetupAnswers): string => {
  const owners = `${answers.service}-owners`;
  const last = answers.environments.at(-1) ?? 'production';
  const before = answers.environments.at(-2) ?? null;
  const protectedOne = { name: last, protected: true, ...(before === null ? {} : { requires: before }) };
  return stringify({
    preset: answers.preset,
    environments: [...answers.environments.slice(0, -1), protectedOne],
    groups: {
      [owners]: { people: [...new Set([answers.admin, ...answers.approvers])] },
      'release-managers': { people: [answers.admin] },
    },
    roles: { admin: ['release-managers'], release_manager: ['release-managers'] },
    services: { [answers.service]: { owners, channel: answers.channel, zone: answers.zone } },
    ...(answers.announce === null ? {} : { announce: [{ when: { customers: true }, to: [answers.announce] }] }),
    reviews: { prompt: '0 10 * * 1-5' },
  });
};
