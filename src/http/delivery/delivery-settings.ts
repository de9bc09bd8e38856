/** The settings of the ways of delivery, as their adapters need them. */
import type { SmsTemplate } from '../../notification/sms-template.ts';
import type { ClientTlsSettings } from '../tls-options.ts';

export interface HttpDeliverySettings {
  /** Milliseconds for a whole request. */
  readonly timeout: number;
  /** Undefined: the system's authorities, no client certificate. */
  readonly tls: ClientTlsSettings | undefined;
  /** Sent as Basic. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

interface Named {
  readonly name: string;
}

interface ByHttp extends Named {
  readonly http: HttpDeliverySettings;
}

export interface WapSettings extends Named {
  readonly type: 'wap';
}

/** POSTs to the URL of the device. */
export interface HttpPushSettings extends ByHttp {
  readonly type: 'http';
}

export interface PapSettings extends ByHttp {
  readonly type: 'pap';
  readonly url: string;
  /** Of the device, with `{msisdn}`. */
  readonly address: string;
}

export interface SmsSettings extends ByHttp {
  readonly type: 'sms';
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly template: SmsTemplate;
  /** A regular expression that the body of a good answer matches. */
  readonly accepted: string | undefined;
}

export type DeliverySettings = WapSettings | HttpPushSettings | PapSettings | SmsSettings;
