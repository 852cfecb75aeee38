/** What was probably meant by a word that is not known. */

/** Levenshtein's distance: the letters to add, leave out or replace. */
const distance = (a: string, b: string): number => {
  const row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    let diagonal = row[0] ?? 0;
    row[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      row[j] = Math.min(above + 1, (row[j - 1] ?? 0) + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1));
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
};

/** The known word that is at most a third of the letters away; `null` when nothing is close. */
export const nearestOf = <Known extends string>(word: string, known: readonly Known[]): Known | null => {
  const [best] = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.ceil(word.length / 3) ? best.candidate : null;
};
