/** What `/release list …` is asked for, in the words that people read on cards: `waiting`, `rolled back`, a service, `mine`. */
import { nearestOf } from '../nearest.ts';
import { command, type Sentence, say } from '../words.ts';
import { OPEN_STATUSES, type ReleaseState } from './release.ts';

type Status = ReleaseState['status'];
/** Any of these services, in any of these states; none named is every one. */
export type ListWords = {
  services: readonly string[];
  statuses: readonly Status[];
  mine: boolean;
  held: boolean;
  emergency: boolean;
  /** What lies over the status of an approved one. */
  over: 'frozen' | 'locked' | null;
};
export type ListReading = { ok: true; asked: ListWords } | { ok: false; unknown: string; fix: Sentence };

/** As the status is called by us, and as cards say it. */
const FORMS: Readonly<Record<Status, readonly string[]>> = {
  draft: ['draft'],
  awaiting_approval: ['awaiting approval', 'waiting for approval'],
  approved: ['approved'],
  deploying: ['deploying', 'going back'],
  deployed: ['deployed'],
  failed: ['failed', 'not healthy', 'unhealthy'],
  rolled_back: ['rolled back', 'back on'],
  closed: ['closed'],
  cancelled: ['cancelled', 'canceled', 'replaced'],
};

const parts = (word: string): readonly string[] => word.toLowerCase().split(/[\s_-]+/);

/** The status whose words these are, or begin. */
const statusOf = (words: readonly string[]): Status | null => {
  const said = words.flatMap(parts).join(' ');
  const found = Object.entries(FORMS).filter(([, forms]) => forms.some((form) => `${form} `.startsWith(`${said} `)));
  return found.length === 1 ? ((found[0]?.[0] as Status | undefined) ?? null) : null;
};

/** Reads the words in any order. What is unknown is said, with what was probably meant. */
export const readListWords = (typed: readonly string[], known: readonly string[]): ListReading => {
  // Empty quotes name nothing.
  const words = typed.filter((word) => word.trim() !== '');
  const services = new Set<string>();
  const statuses = new Set<Status>();
  let mine = false;
  let held = false;
  let emergency = false;
  let over: ListWords['over'] = null;
  for (let from = 0; from < words.length; ) {
    const word = words[from] ?? '';
    const length = [3, 2, 1].find((many) => from + many <= words.length && statusOf(words.slice(from, from + many)));
    const status = length === undefined ? null : statusOf(words.slice(from, from + length));
    const lower = word.toLowerCase();
    if (lower === 'mine') mine = true;
    else if (lower === 'held' || lower === 'hold') held = true;
    else if (lower === 'on' && words[from + 1]?.toLowerCase() === 'hold') held = true;
    else if (lower === 'emergency' || lower === 'emergencies') emergency = true;
    else if (lower === 'frozen' || lower === 'locked') over = lower;
    else if (lower === 'open') for (const each of OPEN_STATUSES) statuses.add(each);
    else if (known.includes(word)) services.add(word);
    else if (status !== null) statuses.add(status);
    else return { ok: false, unknown: word, fix: proposal(word, known) };
    from += status === null ? 1 : (length ?? 1);
  }
  return { ok: true, asked: { services: [...services], statuses: [...statuses], mine, held, emergency, over } };
};

const proposal = (word: string, services: readonly string[]): Sentence => {
  const nearest = nearestOf(word, [
    ...services,
    'mine',
    'held',
    'emergency',
    ...Object.values(FORMS).flatMap((forms) => forms.flatMap((form) => [form, form.split(' ')[0] ?? ''])),
  ]);
  return nearest === null
    ? say`Try ${command(`list ${services[0] ?? ''}`.trim())}, ${command('list waiting')} or ${command('list mine')}.`
    : say`Did you mean ${command(`list ${nearest}`)}?`;
};
