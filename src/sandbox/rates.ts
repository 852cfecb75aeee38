/** Slack's rate limits, unless they are switched off: one post a second and channel, and a budget a minute for each method. */

const TIERS: Readonly<Record<string, number>> = {
  'chat.update': 50,
  'chat.delete': 50,
  'chat.postEphemeral': 100,
  'views.open': 100,
  'views.update': 100,
  'views.push': 100,
  'views.publish': 100,
  'conversations.info': 50,
  'conversations.open': 50,
  'conversations.history': 50,
  'conversations.replies': 50,
  'conversations.list': 20,
  'conversations.members': 100,
  'users.info': 100,
  'users.list': 20,
  'users.lookupByEmail': 50,
  'usergroups.list': 20,
  'usergroups.users.list': 20,
};
/** Posts to one channel: one a second on average, and up to three at once. */
const BURST = 3;

export type Rates = {
  enabled: boolean /** Seconds to wait, or null when the call is within the limits. */;
  refuse: (method: string, channel: string | null) => number | null;
};

export const createRates = (enabled: boolean): Rates => {
  const calls = new Map<string, number[]>();
  const within = (key: string, most: number, windowMs: number): number | null => {
    const now = Date.now();
    const recent = (calls.get(key) ?? []).filter((at) => at > now - windowMs);
    calls.set(key, recent);
    if (recent.length >= most) return Math.max(1, Math.ceil(((recent[0] ?? now) + windowMs - now) / 1_000));
    recent.push(now);
    return null;
  };
  const tokens = new Map<string, { left: number; at: number }>();
  const post = (channel: string | null): number | null => {
    const now = Date.now();
    const bucket = tokens.get(channel ?? '') ?? { left: BURST, at: now };
    const left = Math.min(BURST, bucket.left + (now - bucket.at) / 1_000);
    tokens.set(channel ?? '', { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1 ? null : 1;
  };
  const rates: Rates = {
    enabled,
    refuse: (method, channel) => {
      if (!rates.enabled) return null;
      if (method === 'chat.postMessage') return post(channel);
      const tier = TIERS[method];
      return tier === undefined ? null : within(method, tier, 60_000);
    },
  };
  return rates;
};
