/** What was probably meant by a word that is not known. */
import { type Sentence, say } from './words.ts';

/** How many letters to add, leave out, replace or swap with the next (the optimal string alignment of Damerau and Levenshtein). */
const distance = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The known word that is at most a third of the letters away; `null` when nothing is close. */
export const nearestOf = <Known extends string>(word: string, known: readonly Known[]): Known | null => {
  const [best] = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : null;
};

/** “There is no service “serch”. Did you mean search?” With nothing near, what there is. */
export const noService = (typed: string, services: readonly string[]): Sentence => {
  const nearest = nearestOf(typed, services);
  const rest = services.length > 8 ? ` and ${services.length - 8} more` : '';
  return nearest === null
    ? say`There is no service “${typed}” in the catalog. Known: ${services.slice(0, 8).join(', ')}${rest}.`
    : say`There is no service “${typed}” in the catalog. Did you mean ${nearest}?`;
};
