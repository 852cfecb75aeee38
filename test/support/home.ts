/** What somebody's Home tab shows. */
import { blockLines, readable } from '../../src/sandbox/transcript.ts';
import type { Name, Testbed } from './testbed.ts';

export const homeOf = (bed: Testbed, name: Name) =>
  bed.sandbox.world.homes.get(bed.ids[name])?.body['blocks'] as readonly unknown[];
/** As they read it, once they have opened it. */
export const homeText = async (bed: Testbed, name: Name): Promise<string> => {
  await bed.settled();
  const lines = homeOf(bed, name).map((block) => {
    const { accessory } = block as { accessory?: { text?: { text?: string } } };
    return `${blockLines([block]).join(' ')}${accessory === undefined ? '' : ` [${accessory.text?.text}]`}`;
  });
  return readable(bed.sandbox.world, lines.join('\n'), 'Europe/London');
};
