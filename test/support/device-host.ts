/** Parts of hosts for tests of other parts. */
import type { OutboxHost } from '../../src/http/outbox-endpoint.ts';

/** Parts of a device host for tests in which bodies are short. */
export const NO_LONG_BODIES = {
  isOpenSession: () => false,
  isAuthenticStart: async () => false,
};

/** A bridge whose backends have refused no alert. */
export const NO_REFUSED_ALERTS: OutboxHost = {
  refusedAlerts: async () => [],
  putAlertBack: async () => 'unknown',
};
