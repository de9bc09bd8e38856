/** Notifications for tests: settings, and a way of delivery that keeps what is sent. */
import type { Delivery, Push } from '../../src/bridge/ports.ts';
import type { SendingOutcome } from '../../src/notification/sending.ts';
import type { NotificationSettings } from '../../src/notification/settings.ts';

/** The settings that a configuration without the section `notifications` has. */
export const NOTIFICATION_SETTINGS: NotificationSettings = {
  format: 'auto',
  serverId: 'legacy-dm',
  uiMode: 'background',
  transport: 'unspecified',
  requestedMos: [0x0b],
  targetedMos: [],
  validFor: 86_400_000,
  repeatAfter: [300_000, 1_800_000, 7_200_000],
  version12: 11,
  joinedDigest13: false,
  maxAge: 600_000,
  ways: [
    { name: 'wap', type: 'wap' },
    { name: 'http', type: 'http' },
  ],
};

/** Keeps the pushes, and answers each by `outcome`. */
export class RecordedDelivery implements Delivery {
  readonly sent: (Push & { readonly way: string })[] = [];
  outcome: (way: string, push: Push) => SendingOutcome | Promise<SendingOutcome> = () => ({ kind: 'accepted' });

  async send(way: string, push: Push): Promise<SendingOutcome> {
    this.sent.push({ way, ...push });
    return await this.outcome(way, push);
  }
}
