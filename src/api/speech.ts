/** Sentences as plain text for whoever reads them outside of Slack: people by their names, times in UTC. */

import type { Deps } from '../deps.ts';
import type { UserId, WorkspaceId } from '../domain/ids.ts';
import { ownFrom } from '../domain/own.ts';
import type { Sentence } from '../domain/words.ts';
import { sentenceText } from '../slack/mrkdwn.ts';
import { readPeople } from '../slack/people-store.ts';

export type Speak = (sentence: Sentence) => string;

const peopleIn = (sentences: readonly Sentence[]): readonly UserId[] => [
  ...new Set(sentences.flat().flatMap((part) => (typeof part === 'object' && 'person' in part ? [part.person] : []))),
];

/** Reads the names that these sentences need, once. */
export const speaking = async (
  { database, command }: Deps,
  workspace: WorkspaceId,
  sentences: readonly Sentence[],
): Promise<Speak> => {
  const people = await readPeople(database.db, workspace, peopleIn(sentences));
  const names = ownFrom(people.map(({ id, name }) => [id, name]));
  return (sentence) => sentenceText(sentence, { names, command, zone: 'UTC' });
};
