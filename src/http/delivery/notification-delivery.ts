/** The port `Delivery` of the bridge: every configured way of delivery by its name. */
import type { Delivery, Push } from '../../bridge/ports.ts';
import type { SendingOutcome } from '../../notification/sending.ts';
import type { DeliverySettings } from './delivery-settings.ts';
import { httpPush, papPush, smsPush } from './http-ways.ts';
import { WapUdp } from './wap-udp.ts';

interface OpenWay {
  send(push: Push): Promise<SendingOutcome>;
  close(): Promise<void>;
}

export class NotificationDelivery implements Delivery {
  readonly #ways: ReadonlyMap<string, OpenWay>;

  constructor(settings: readonly DeliverySettings[]) {
    this.#ways = new Map(settings.map((each) => [each.name, openWay(each)]));
  }

  async send(way: string, push: Push): Promise<SendingOutcome> {
    return (await this.#ways.get(way)?.send(push)) ?? { kind: 'failed', reason: 'the way is not configured' };
  }

  /** Cuts off what is on its way. */
  async close(): Promise<void> {
    await Promise.all([...this.#ways.values()].map((way) => way.close()));
  }
}

function openWay(settings: DeliverySettings): OpenWay {
  switch (settings.type) {
    case 'wap':
      return new WapUdp();
    case 'http':
      return httpPush(settings);
    case 'pap':
      return papPush(settings);
    case 'sms':
      return smsPush(settings);
  }
}
