/** What the server tells the page: shared by both, so it holds types only. */

export const HOME = 'home';

export type PagePerson = { id: string; name: string; realName: string; tz: string; about: string; isBot: boolean };
export type PageMessage = {
  channel: string;
  ts: string;
  at: number;
  user: string;
  text: string;
  blocks: readonly unknown[];
  threadTs: string | null;
  broadcast: boolean;
  onlyMe: boolean;
  edited: boolean;
};
export type PageView = { id: string; hash: string; body: Record<string, unknown> };
/** `unread`: whether anything is new there. `counted`: what Slack puts a number on: direct messages, and mentions of oneself. */
export type PageConversation = {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'im';
  unread: boolean;
  counted: number;
};
export type PageCall = {
  n: number;
  direction: 'to the bot' | 'to Slack';
  what: string;
  outcome: string;
  problem: boolean;
  detail: string;
};
export type PageStep = { title: string; text: string; as: string; place: string; done: boolean };
export type PageCommand = { command: string; description: string; hint: string };
export type PageFaults = { limits: boolean; outage: boolean; lost: boolean };
export type PagePipeline = {
  /** Where the API is; `null` until Signalbox has started. */
  url: string | null;
  token: string | null;
  releases: readonly { key: string; service: string; version: string; status: string }[];
  environment: string;
  lines: readonly string[];
  /** The release that is under way. */
  running: string | null;
};
export type PageState = {
  workspace: string;
  me: PagePerson;
  people: readonly PagePerson[];
  names: Readonly<Record<string, string>>;
  conversations: readonly PageConversation[];
  place: string;
  messages: readonly PageMessage[];
  home: PageView | null;
  modals: readonly PageView[];
  now: number;
  moved: boolean;
  next: number | null;
  faults: PageFaults;
  traffic: readonly PageCall[];
  pipeline: PagePipeline;
  steps: readonly PageStep[];
  commands: readonly PageCommand[];
  shortcuts: readonly { name: string; id: string }[];
};
