import { defineConfig } from 'vitest/config';

/** Tests that need an installed tool or a long run end in `.peer.test.ts`; all others run everywhere. */
const PEERS = 'test/**/*.peer.test.ts';

/**
 * Tests wait for events, never for a time. These limits only end a test that hangs, so they leave room for a machine
 * that is many times slower, or busy with other work.
 */
const HANGS_MS = 1_800_000;
const PEER_HANGS_MS = 7_200_000;

export default defineConfig({
  test: {
    teardownTimeout: HANGS_MS,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'json-summary'] },
    projects: [
      {
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: [PEERS],
          testTimeout: HANGS_MS,
          hookTimeout: HANGS_MS,
        },
      },
      { test: { name: 'peers', include: [PEERS], testTimeout: PEER_HANGS_MS, hookTimeout: PEER_HANGS_MS } },
    ],
  },
});
