/** The page's one way to its server: what there is to see, what a person does, and the news that something changed. */
import type { PageState } from './types.ts';

export type Values = Readonly<Record<string, string | readonly string[] | number | null>>;
export type Outcome = {
  errors?: Readonly<Record<string, string>>;
  problem?: string;
  offered?: readonly { text: string; value: string }[];
};
export type Place = { block: number; element: number; option: number | null };

export const fetchState = async (as: string, place: string): Promise<PageState> => {
  const answer = await fetch(`/sandbox/state?${new URLSearchParams({ as, place })}`);
  return (await answer.json()) as PageState;
};

/** Never throws: what went wrong is a problem that the page shows. */
export const perform = async (act: Record<string, unknown>): Promise<Outcome> => {
  try {
    const answer = await fetch('/sandbox/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(act),
    });
    return (await answer.json()) as Outcome;
  } catch {
    return { problem: 'The sandbox does not answer. Is it still running in the terminal?' };
  }
};

/** Calls `changed` whenever something happened in the workspace, and says whether the server is there. Returns how to stop. */
export const listen = (changed: () => void, isThere: (there: boolean) => void): (() => void) => {
  const source = new EventSource('/sandbox/changes');
  source.onmessage = changed;
  source.onopen = () => {
    isThere(true);
    changed();
  };
  // The browser connects again by itself.
  source.onerror = () => isThere(false);
  return () => source.close();
};
