/** Random ids, 100 bits, without letters that look alike. The randomness is drawn for two hundred ids at once: asking for it costs more than an id. */
import { randomFillSync } from 'node:crypto';
import { ID_PREFIXES, type NewId } from './domain/ids.ts';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const ID_LENGTH = 20;

const pool = Buffer.alloc(ID_LENGTH * 200);
let used = pool.length;

const draw = (): Buffer => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_LENGTH;
  return pool.subarray(used - ID_LENGTH, used);
};

export const newId: NewId = (kind) => {
  let id = `${ID_PREFIXES[kind]}_`;
  for (const byte of draw()) id += ALPHABET[byte % ALPHABET.length];
  return id as ReturnType<typeof newId<typeof kind>>;
};
