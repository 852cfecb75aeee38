/** Releases that go to several places that matter, and releases that go there in steps. */
import { approve, clickCard, create, typed } from './acting.ts';
import { catalogText, startTestbed, type Testbed } from './testbed.ts';

const PRODUCTION = '{ name: production, protected: true, requires: ~ }';

/** Instead of production there are these. */
export const placesIn = (catalog: string, names: readonly string[]): string =>
  catalog.replace(`- ${PRODUCTION}`, `- ${names.map((name) => `{ name: ${name}, protected: true }`).join('\n  - ')}`);

/** checkout goes out as a canary. */
export const inSteps = (catalog: string): string =>
  catalog.replace('repository: acme/checkout,', 'repository: acme/checkout, strategy: canary,');

export const places = async (...names: readonly string[]): Promise<Testbed> => {
  const bed = await startTestbed();
  await bed.useCatalog(placesIn(catalogText(bed.ids), names));
  return bed;
};

/** Approved, and through in these places. */
export const cameTo = async (bed: Testbed, version: string, ...there: readonly string[]): Promise<void> => {
  await create(bed, version);
  await approve(bed, version);
  for (const place of there) await wentOnTo(bed, version, place);
};

export const wentOnTo = async (bed: Testbed, version: string, place: string): Promise<void> => {
  await typed(bed, 'olivia', `deploy checkout@${version} ${place}`);
  await clickCard(bed, 'olivia', version, 'It went through');
};

/** A canary, approved and at its first step. */
export const canary = async (version: string): Promise<Testbed> => {
  const bed = await startTestbed();
  await bed.useCatalog(inSteps(catalogText(bed.ids)));
  await create(bed, version);
  await approve(bed, version);
  await clickCard(bed, 'olivia', version, 'I am starting');
  return bed;
};
