/** What is to be done on the way of a deployment, and looked at once it is through: the catalog's list when it started, ticked by people. */
import type { Catalog } from '../catalog/catalog.ts';
import type { UserId } from '../ids.ts';
import { between, type Instant, MINUTE } from '../time.ts';
import { verificationOf } from './verification.ts';

export type ChecklistItem = {
  text: string;
  /** How long it is meant to take; `null` where nobody says. */
  minutes: number | null;
  /** `deploy`: a step of the runbook. `verify`: looked at before anybody says that it is healthy. */
  when: 'deploy' | 'verify';
  by: UserId | null;
  at: Instant | null;
};

/** The list of a service, as a deployment to a protected environment begins with it. */
export const checklistOf = (catalog: Catalog, service: string): readonly ChecklistItem[] => [
  ...(catalog.services[service]?.runbook ?? []).map(
    ({ text, minutes }): ChecklistItem => ({ text, minutes, when: 'deploy', by: null, at: null }),
  ),
  ...verificationOf(catalog, service).checklist.map(
    (text): ChecklistItem => ({ text, minutes: null, when: 'verify', by: null, at: null }),
  ),
];

type WithList = { checklist: readonly ChecklistItem[]; startedAt: Instant };

export const openItems = ({ checklist }: WithList, when: ChecklistItem['when']): readonly ChecklistItem[] =>
  checklist.filter((item) => item.when === when && item.at === null);

/** Minutes that a ticked item took: since the one that was ticked before it, or since the start. */
export const itemTook = ({ checklist, startedAt }: WithList, item: ChecklistItem): number | null => {
  const { at } = item;
  if (at === null) return null;
  const before = checklist.flatMap((other) => (other.at !== null && other.at < at ? [other.at] : []));
  const since = before.reduce((latest, each) => (each > latest ? each : latest), startedAt);
  return Math.round(between(since, at) / MINUTE);
};
