/** What exactly was approved: the canonical snapshot, its hash, and which later differences take an approval back. */

import { createHash } from 'node:crypto';
import { RISK_LEVELS, type RiskLevel, type Rule } from '../catalog/catalog.ts';
import type { Release } from '../release/release.ts';
import { between, DAY, type Instant } from '../time.ts';
import { cut } from '../words.ts';
import type { Snapshot } from './round.ts';

export const snapshotOf = (release: Release, risk: RiskLevel): Snapshot => ({
  words: { title: release.title, customers: release.customers },
  artifact: { ...release.artifact },
  changes: release.changes
    .map(({ id, type, title, link }) => ({ id, type, title, link }))
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
  risk,
  targets: [...release.targets].sort(),
  affects: [...release.affects].sort(),
  customers: release.customers !== null,
  answers: { ...release.answers },
  rollbackPlan: release.rollbackPlan,
  when: release.when,
});

/** JSON with sorted keys: equal content gives equal text. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(',')}}`;
};

/** SHA-256 over the canonical text, shortened to 16 hex digits: it names content, it does not guard it. */
export const fingerprint = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
/** Words count for nothing in it. */
export const hashOf = ({ words: _words, ...content }: Snapshot): string => fingerprint(content);

export type Difference = {
  what:
    | 'artifact'
    | 'change added'
    | 'change removed'
    | 'risk'
    | 'targets'
    | 'affected services'
    | 'customers'
    | 'answers'
    | 'rollback plan'
    | 'time';
  sentence: string;
  /** Which rules it takes back: every one, those of the service owners, those that apply from high risk on, or none. */
  affects: 'all' | 'owners' | 'high' | 'none';
};

const TIME_TOLERANCE = DAY;

const changeDifferences = (before: Snapshot, now: Snapshot): Difference[] => {
  const missingFrom = (list: Snapshot['changes'], other: Snapshot['changes']) =>
    list.filter((change) => !other.some(({ id }) => id === change.id));
  const added = missingFrom(now.changes, before.changes);
  const removed = missingFrom(before.changes, now.changes);
  return [
    ...added.map(
      ({ title }): Difference => ({ what: 'change added', sentence: `+ change “${title}”`, affects: 'all' }),
    ),
    ...removed.map(
      ({ title }): Difference => ({ what: 'change removed', sentence: `− change “${title}”`, affects: 'high' }),
    ),
  ];
};

const ANSWERS: Readonly<Record<keyof Snapshot['answers'], string>> = {
  schema: 'changes data or schema',
  irreversible: 'cannot be undone by a redeploy',
  downtime: 'needs downtime',
  restricted: 'restricted',
};

const answerDifferences = (before: Snapshot, now: Snapshot): Difference[] =>
  (Object.keys(ANSWERS) as (keyof Snapshot['answers'])[])
    .filter((answer) => before.answers[answer] !== now.answers[answer])
    .map((answer) => ({
      what: 'answers',
      sentence: `${now.answers[answer] ? '+' : '−'} ${ANSWERS[answer]}`,
      affects: 'owners',
    }));

const artifactName = ({ digest, sha }: Snapshot['artifact']): string | null => (digest ?? sha)?.slice(0, 12) ?? null;

/** Before somebody names it, an artifact has no name: reworked after a failure, it is another one all the same. */
const artifactSentence = (before: Snapshot['artifact'], now: Snapshot['artifact']): string => {
  const [was, is] = [artifactName(before), artifactName(now)];
  if (is === null)
    return was === null ? 'reworked, its artifact not named yet' : `another artifact than ${was}, not named yet`;
  if (was === is) return `artifact ${is}, recorded anew`;
  return was === null ? `artifact ${is}` : `artifact ${was} → ${is}`;
};

const LONGEST_TITLE = 50;

/** What people read is another text. It asks nobody anew; whoever is asked again reads that it is. */
const wordDifferences = (before: Snapshot, now: Snapshot): readonly string[] => {
  if (before.words === undefined || now.words === undefined) return [];
  const [was, is] = [before.words, now.words];
  const short = (title: string): string => `“${cut(title, LONGEST_TITLE)}”`;
  // Whether they notice anything is a difference of its own.
  const both = was.customers !== null && is.customers !== null;
  return [
    ...(was.title === is.title ? [] : [`title ${short(was.title)} → ${short(is.title)}`]),
    ...(both && was.customers !== is.customers ? ['other words for customers'] : []),
  ];
};

/** The moment that a plan means: “as soon as possible” is when it was asked, or approved. */
const momentOf = ({ when }: Snapshot, given: Instant | null): Instant | null =>
  when.kind === 'at' ? when.start : when.kind === 'asap' ? given : null;

const timeDifference = (before: Snapshot, now: Snapshot, given: Instant | null): Difference | null => {
  if (canonical(before.when) === canonical(now.when)) return null;
  const [was, is] = [momentOf(before, given), momentOf(now, given)];
  const moved = was !== null && is !== null && Math.abs(between(was, is)) <= TIME_TOLERANCE;
  return { what: 'time', sentence: 'another time', affects: moved ? 'none' : 'owners' };
};

/** What was not known and is filled in is the same artifact. */
const isAnother = (before: Snapshot['artifact'], now: Snapshot['artifact']): boolean =>
  before.revision !== now.revision ||
  (before.digest !== null && before.digest !== now.digest) ||
  (before.sha !== null && before.sha !== now.sha);

/** Everything that differs, in the order in which people ask about it. `given`: when the approval was, or was asked for. */
export const differences = (before: Snapshot, now: Snapshot, given: Instant | null = null): readonly Difference[] => {
  const found: Difference[] = [];
  if (isAnother(before.artifact, now.artifact)) {
    found.push({
      what: 'artifact',
      sentence: artifactSentence(before.artifact, now.artifact),
      affects: 'all',
    });
  }
  found.push(...changeDifferences(before, now));
  if (before.risk !== now.risk) {
    const up = RISK_LEVELS.indexOf(now.risk) > RISK_LEVELS.indexOf(before.risk);
    found.push({ what: 'risk', sentence: `risk ${before.risk} → ${now.risk}`, affects: up ? 'all' : 'none' });
  }
  if (canonical(before.targets) !== canonical(now.targets)) {
    const wider = now.targets.some((name) => !before.targets.includes(name));
    found.push({ what: 'targets', sentence: `deploys to ${now.targets.join(', ')}`, affects: wider ? 'all' : 'none' });
  }
  if (canonical(before.affects) !== canonical(now.affects)) {
    const wider = now.affects.some((name) => !before.affects.includes(name));
    const words = now.affects.length === 0 ? 'affects no other service' : `also affects ${now.affects.join(', ')}`;
    found.push({ what: 'affected services', sentence: words, affects: wider ? 'all' : 'none' });
  }
  if (before.customers !== now.customers) {
    const sentence = now.customers ? 'customers notice it' : 'customers notice nothing';
    found.push({ what: 'customers', sentence, affects: now.customers ? 'all' : 'none' });
  }
  found.push(...answerDifferences(before, now));
  if (before.rollbackPlan !== now.rollbackPlan) {
    found.push({ what: 'rollback plan', sentence: 'another rollback plan', affects: 'owners' });
  }
  const time = timeDifference(before, now, given);
  return time === null ? found : [...found, time];
};

/** What differs, and which words do, as whoever is asked again reads it. */
export const changedWords = (before: Snapshot, now: Snapshot): readonly string[] => [
  ...differences(before, now).map(({ sentence }) => sentence),
  ...wordDifferences(before, now),
];

/** Whether this rule has to be asked again. `ownersGroup` is the owning group of the service. */
export const takesBack = (found: readonly Difference[], rule: Rule, ownersGroup: string, risk: RiskLevel): boolean =>
  found.some(({ affects }) => {
    if (affects === 'all') return true;
    if (affects === 'owners') return rule.groups.some((name) => name === '$owners' || name === ownersGroup);
    return affects === 'high' && (risk === 'high' || risk === 'critical');
  });
