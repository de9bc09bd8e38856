import { defineConfig } from 'vitest/config';

/** Tests that need an installed tool or a long run end in `.peer.test.ts`; all others run everywhere. */
const PEERS = 'test/**/*.peer.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
    projects: [
      { test: { name: 'core', include: ['test/**/*.test.ts'], exclude: [PEERS], testTimeout: 20_000 } },
      { test: { name: 'peers', include: [PEERS], testTimeout: 600_000, hookTimeout: 60_000 } },
    ],
  },
});
