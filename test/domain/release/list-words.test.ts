import { describe, expect, it } from 'vitest';
import { readListWords } from '../../../src/domain/release/list-words.ts';
import { sentenceText } from '../../../src/slack/mrkdwn.ts';

const SERVICES = ['checkout', 'search', 'mobile-app'];
const read = (typed: string) => readListWords(typed === '' ? [] : typed.split(' '), SERVICES);
const asked = (typed: string) => {
  const reading = read(typed);
  if (!reading.ok) throw new Error(`“${typed}” was not understood`);
  return reading.asked;
};
const fixOf = (typed: string): string => {
  const reading = read(typed);
  if (reading.ok) throw new Error(`“${typed}” was understood`);
  return `${reading.unknown}: ${sentenceText(reading.fix, { names: {}, command: '/release', zone: 'UTC' })}`;
};

/** What the cards say. */
const STATUS_WORDS = {
  draft: 'Draft',
  awaiting_approval: 'Waiting for approval',
  approved: 'Approved',
  deploying: 'Deploying',
  deployed: 'Deployed',
  failed: 'Failed',
  rolled_back: 'Rolled back',
  closed: 'Closed',
  cancelled: 'Cancelled',
};

describe('what a list is asked for', () => {
  it.each(Object.entries(STATUS_WORDS))('%s: by its own name, and as its card says it', (status, label) => {
    for (const typed of [status, status.replace('_', '-'), status.replace('_', ' '), label, label.toLowerCase()])
      expect(asked(typed)).toMatchObject({ services: [], statuses: [status], mine: false });
  });

  it.each([
    ['', { services: [], statuses: [], mine: false }],
    ['mine', { services: [], statuses: [], mine: true }],
    ['waiting', { services: [], statuses: ['awaiting_approval'], mine: false }],
    ['awaiting', { services: [], statuses: ['awaiting_approval'], mine: false }],
    ['rolled', { services: [], statuses: ['rolled_back'], mine: false }],
    ['canceled', { services: [], statuses: ['cancelled'], mine: false }],
    ['mobile-app', { services: ['mobile-app'], statuses: [], mine: false }],
    ['MINE rolled back checkout', { services: ['checkout'], statuses: ['rolled_back'], mine: true }],
    ['checkout search', { services: ['checkout', 'search'], statuses: [], mine: false }],
    ['waiting approved', { services: [], statuses: ['awaiting_approval', 'approved'], mine: false }],
    ['rolled back failed', { services: [], statuses: ['rolled_back', 'failed'], mine: false }],
    ['checkout waiting for approval mine', { services: ['checkout'], statuses: ['awaiting_approval'], mine: true }],
    ['held', { services: [], statuses: [], held: true, emergency: false }],
    ['checkout emergency', { services: ['checkout'], statuses: [], held: false, emergency: true }],
  ])('“%s”', (typed, expected) => expect(asked(typed)).toMatchObject(expected));

  it.each(['frozen', 'locked'] as const)('%s, as cards say it of what is approved', (over) => {
    expect(asked(`checkout ${over}`)).toMatchObject({ services: ['checkout'], over });
    expect(asked('approved').over).toBeNull();
  });

  it('on hold, as people say it', () => expect(asked('on hold')).toMatchObject({ held: true }));

  it.each([
    ['serch', 'serch: Did you mean /release list search?'],
    ['aproved', 'aproved: Did you mean /release list approved?'],
    ['checkout mien', 'mien: Did you mean /release list mine?'],
    ['xyzzy', 'xyzzy: Try /release list checkout, /release list waiting or /release list mine.'],
    ['constructor', 'constructor: Try /release list checkout, /release list waiting or /release list mine.'],
    ['d', 'd: Try /release list checkout, /release list waiting or /release list mine.'],
  ])('says what is unknown in “%s”, and the way on', (typed, expected) => expect(fixOf(typed)).toBe(expected));
});
