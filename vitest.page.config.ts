import { defineConfig } from 'vitest/config';

/** The browser tests: they need a Chromium, which .ci/run installs; `npm test` needs nothing on the machine. */
export default defineConfig({
  test: {
    include: ['test/page/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What a page shows comes when the machine gets to it.
    expect: { poll: { timeout: 20_000 } },
  },
});
