/**
 * The Push Access Protocol: the request to a push proxy gateway, and its answer.
 *
 * @see WAP-247-PAP §9 (push-message), §9.3 (push-response), §9.14 (status codes)
 */
import { DecodeError } from '../errors.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import { type Attribute, type Element, isElement } from '../wbxml/element.ts';
import { ACCEPTED, type DeliveryOutcome, outcomeOfStatus } from './delivery-outcome.ts';
import { NOTIFICATION_TYPES, type NotificationFormat } from './notification-message.ts';

export interface PapPush {
  readonly pushId: string;
  /** Milliseconds since 1970. */
  readonly deliverBefore: number;
  /** Of the device, such as `WAPPUSH=+491701234567/TYPE=PLMN@ppg.example.com`. */
  readonly address: string;
  readonly format: NotificationFormat;
  readonly message: Uint8Array;
}

export interface PapRequest {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The value of X-Wap-Application-Id. */
export const APPLICATION_ID_TEXT = 'x-wap-application:syncml.dm';

const PROLOG =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">\r\n';
const CRLF = '\r\n';
/** The gateway has taken the message (1000), or will process it (1001). */
const TAKEN: readonly string[] = ['1000', '1001'];
/** An answer is short; what goes on longer is none. */
const MAX_ELEMENTS = 1_000;

export function formatPapRequest(push: PapPush): PapRequest {
  const boundary = chooseBoundary(push.message);
  const head = [
    `--${boundary}${CRLF}Content-Type: application/xml${CRLF}${CRLF}${PROLOG}${writeXml(controlEntity(push))}${CRLF}`,
    `--${boundary}${CRLF}Content-Type: ${NOTIFICATION_TYPES[push.format].mime}${CRLF}`,
    `X-Wap-Application-Id: ${APPLICATION_ID_TEXT}${CRLF}${CRLF}`,
  ];
  return {
    contentType: `multipart/related; type="application/xml"; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head.join('')), push.message, Buffer.from(`${CRLF}--${boundary}--${CRLF}`)]),
  };
}

/** The outcome that the HTTP status and the XML of a gateway's answer tell. */
export function readPapAnswer(status: number, body: string): DeliveryOutcome {
  const byStatus = outcomeOfStatus(status);
  if (byStatus.kind === 'refused') return byStatus;
  const answer = readAnswer(body);
  if (answer === undefined) {
    return byStatus.kind === 'accepted' ? { kind: 'failed', reason: 'the answer is no PAP document' } : byStatus;
  }
  const reason = `PAP code ${answer.code}`;
  if (answer.isBadMessage || answer.code.startsWith('2')) return { kind: 'refused', reason };
  if (byStatus.kind === 'accepted' && TAKEN.includes(answer.code)) return ACCEPTED;
  return { kind: 'failed', reason };
}

interface PapAnswer {
  readonly code: string;
  readonly isBadMessage: boolean;
}

function readAnswer(body: string): PapAnswer | undefined {
  const root = readRoot(body);
  if (root === undefined || root.name !== 'pap') return undefined;
  const bad = childOf(root, 'badmessage-response');
  const response = childOf(root, 'push-response');
  const result = bad ?? (response && childOf(response, 'response-result'));
  if (result === undefined) return undefined;
  const code = result.startTag?.attributes.find(({ prefix, name }) => prefix === '' && name === 'code')?.value;
  return code === undefined ? undefined : { code: printable(code), isBadMessage: bad !== undefined };
}

function readRoot(body: string): Element | undefined {
  try {
    return parseXml(body, { maxElements: MAX_ELEMENTS });
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** A code has four digits; the log gets nothing else of the gateway's text. */
function printable(code: string): string {
  return /^\d{4}$/.test(code.trim()) ? code.trim() : 'unknown';
}

function childOf({ content }: Element, name: string): Element | undefined {
  return content.filter(isElement).find((child) => child.name === name);
}

function controlEntity({ pushId, deliverBefore, address }: PapPush): Element {
  // PAP has no fractions of a second.
  const time = new Date(deliverBefore).toISOString().replace(/\.\d+Z$/, 'Z');
  const push = element(
    'push-message',
    { 'push-id': pushId, 'deliver-before-timestamp': time },
    element('address', { 'address-value': address }),
    element('quality-of-service', { 'delivery-method': 'unconfirmed' }),
  );
  return element('pap', {}, push);
}

function element(name: string, values: Readonly<Record<string, string>>, ...content: readonly Element[]): Element {
  const attributes = Object.entries(values).map(
    ([attribute, value]): Attribute => ({ prefix: '', name: attribute, namespace: '', value }),
  );
  return { name, namespace: '', content, startTag: { prefix: '', attributes, declarations: undefined } };
}

/** A boundary that the message does not have; the same message always gets the same one. */
function chooseBoundary(message: Uint8Array): string {
  for (let number = 0; ; number += 1) {
    const boundary = `dmbridge-${number}`;
    if (!Buffer.from(message).includes(boundary)) return boundary;
  }
}
