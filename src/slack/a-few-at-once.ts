/** So many at once: one that is slow does not hold up the others. */
const MOST = 5;

/** Does `work` for each, a few at a time. `work` sees to its own failures. */
export const aFewAtOnce = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: MOST }, worker));
};
