/** The ways of delivery by HTTP: to a device itself, to a push proxy gateway, to an SMS gateway. */
import { hash } from 'node:crypto';
import type { Push } from '../../bridge/ports.ts';
import { ACCEPTED, type DeliveryOutcome, outcomeOfStatus } from '../../notification/delivery-outcome.ts';
import { NOTIFICATION_TYPES } from '../../notification/notification-message.ts';
import { APPLICATION_ID_TEXT, formatPapRequest, readPapAnswer } from '../../notification/pap.ts';
import { fillJson, fillPairs, type SmsParts, type SmsTemplate } from '../../notification/sms-template.ts';
import { formatPush, toShortMessages } from '../../notification/wap-push.ts';
import type { HttpPushSettings, PapSettings, SmsSettings } from './delivery-settings.ts';
import { isAcceptedBody, isReply, PushClient, type PushRequest } from './push-client.ts';

/** One way of delivery. */
export interface Way {
  /** Never throws. */
  send(push: Push): Promise<DeliveryOutcome>;
  close(): Promise<void>;
}

/** POSTs the message to the URL of the device (OTA-HTTP; DM-NOTI 1.3 §7.4). */
export function httpPush({ http }: HttpPushSettings): Way {
  const client = new PushClient(http);
  return {
    async send({ target, format, message }) {
      const headers = { 'content-type': NOTIFICATION_TYPES[format].mime, 'x-wap-application-id': APPLICATION_ID_TEXT };
      const reply = await client.send({ method: 'POST', url: target, headers, body: message });
      return isReply(reply) ? outcomeOfStatus(reply.status) : reply;
    },
    close: () => client.close(),
  };
}

export function papPush({ http, url, address }: PapSettings): Way {
  const client = new PushClient(http);
  return {
    async send(push) {
      // A function, because the number is no pattern of a replacement.
      const own = { ...push, address: address.replaceAll('{msisdn}', () => push.target) };
      const { contentType, body } = formatPapRequest(own);
      const reply = await client.send({ method: 'POST', url, headers: { 'content-type': contentType }, body });
      return isReply(reply) ? readPapAnswer(reply.status, reply.body) : reply;
    },
    close: () => client.close(),
  };
}

/** Sends the short messages one after the other; the first that fails ends the sending, which begins anew later. */
export function smsPush(settings: SmsSettings): Way {
  const client = new PushClient(settings.http);
  const accepted = settings.accepted === undefined ? undefined : new RegExp(settings.accepted, 'u');
  return {
    async send({ target, format, message, sessionId, pushId }) {
      // The same in each try of a sending, so that a phone joins the parts of several tries.
      const number = Number.parseInt(hash('sha256', pushId).slice(0, 2), 16);
      for (const part of toShortMessages(formatPush(format, number, message), number)) {
        const reply = await client.send(toRequest(settings, { ...part, to: target, sessionId }));
        if (!isReply(reply)) return reply;
        const outcome = outcomeOfStatus(reply.status);
        if (outcome.kind !== 'accepted') return outcome;
        if (!isAcceptedBody(reply, accepted)) {
          return { kind: 'failed', reason: 'the answer is not one that `accepted` describes' };
        }
      }
      return ACCEPTED;
    },
    close: () => client.close(),
  };
}

function toRequest({ method, url, headers, template }: SmsSettings, parts: SmsParts): PushRequest {
  if (template.kind === 'query') return { method, url: withQuery(url, fillPairs(template.pairs, parts)), headers };
  const { contentType, text } = bodyOf(template, parts);
  return { method, url, headers: { 'content-type': contentType, ...lowerCased(headers) }, body: Buffer.from(text) };
}

function bodyOf(template: SmsTemplate, parts: SmsParts): { readonly contentType: string; readonly text: string } {
  if (template.kind === 'json') {
    return { contentType: 'application/json', text: JSON.stringify(fillJson(template.body, parts)) };
  }
  return { contentType: 'application/x-www-form-urlencoded', text: fillPairs(template.pairs, parts) };
}

/** The URL with more pairs in its query, which stay as they are encoded. */
function withQuery(url: string, pairs: string): string {
  const separator = new URL(url).search === '' ? '?' : '&';
  return `${url.replace(/\?$/, '')}${separator}${pairs}`;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
