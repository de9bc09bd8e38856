/** Parts of hosts for tests of other parts. */
import type { DeviceHost } from '../../src/http/device-endpoint.ts';
import type { DoorHost } from '../../src/http/front-door.ts';
import type { MetricsHost } from '../../src/http/metrics-endpoint.ts';
import type { NotificationHost } from '../../src/http/notification-endpoint.ts';
import type { OutboxHost } from '../../src/http/outbox-endpoint.ts';

/** Parts of a device host for tests in which bodies are short. */
export const NO_LONG_BODIES: Pick<DeviceHost, 'isOpenSession' | 'judgeLongBody'> = {
  isOpenSession: () => false,
  judgeLongBody: async () => 'refused',
};

/** A bridge that takes all requests. */
export const NO_OTHER_DOORS: DoorHost = {
  routes: () => [],
  lookUp: async () => ({ device: undefined, place: undefined, isRight: false, isRefused: true }),
  refuse: () => ({ status: 200, headers: {}, body: new Uint8Array() }),
};

/** An admin host without metrics. */
export const NO_METRICS: MetricsHost = { metrics: async () => ({ contentType: 'text/plain', text: '' }) };

/** A bridge that knows no device for a Package#0. */
export const NO_PACKAGE0: NotificationHost = {
  acceptPackage0: async () => ({ kind: 'refused', status: 404, detail: 'there is no such device' }),
};

/** A bridge whose backends have refused no alert. */
export const NO_REFUSED_ALERTS: OutboxHost = {
  refusedAlerts: async () => [],
  putAlertBack: async () => 'unknown',
};
