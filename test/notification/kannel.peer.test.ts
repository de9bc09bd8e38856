/**
 * Kannel takes what the ways of delivery `sms` and `pap` send, and its short messages carry our bytes. Kannel and the bridge
 * have the set-up that docs/notifications.md prints, with other ports.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Push } from '../../src/bridge/ports.ts';
import { parseConfig } from '../../src/config/load.ts';
import { NotificationDelivery } from '../../src/http/delivery/notification-delivery.ts';
import { formatMessage12 } from '../../src/notification/message12.ts';
import { formatMessage13 } from '../../src/notification/message13.ts';
import { formatPapRequest, readPapAnswer } from '../../src/notification/pap.ts';
import { PushFault, readWapPush } from '../../src/testbed/device/notification.ts';
import { freePort, Kannel } from './kannel.ts';

const MSISDN = '+491701234567';
const PASSWORD = 'change-me';
const PORTS_UDH = '0605040b8423f0';
const MESSAGES = {
  '1.2': formatMessage12(
    { version: 11, uiMode: 'background', sessionId: 0xa7, serverId: 'legacy-dm' },
    { password: 'p', nonce: new Uint8Array(4) },
  ),
  '1.3': formatMessage13(
    {
      uiMode: 'background',
      transport: 'unspecified',
      timeout: 1_440,
      sessionId: 0xa7,
      timestamp: 1_700_000_000,
      serverId: 'legacy-dm',
      targetedMos: [0x27],
      requestedMos: [0x0b],
      connectionTypes: [2, 1],
    },
    { secret: Buffer.from('s'), isJoined: false },
  ),
} as const;
/** Every byte, and more than two short messages hold. */
const LONG = Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff));

const kannel = new Kannel();
const ports = new Map<number, number>();
let delivery: NotificationDelivery;
let wrongDelivery: NotificationDelivery;

beforeAll(async () => {
  const { conf, yaml } = documentedSetUp();
  for (const [port = ''] of conf.matchAll(/(?<=-port = )\d+$/gm)) ports.set(Number(port), await freePort());
  await kannel.open(withPorts(conf), { smsbox: portOf(13_001), wapbox: portOf(13_002) });
  delivery = open(yaml, PASSWORD);
  wrongDelivery = open(yaml, 'wrong');
});

afterAll(async () => {
  await kannel.close();
  await delivery?.close();
  await wrongDelivery?.close();
});

test.each(['1.2', '1.3'] as const)('sendsms accepts a notification of DM %s and sends its WSP Push', async (format) => {
  expect(await delivery.send('kannel-sms', push(format))).toEqual({ kind: 'accepted' });
  const [message] = await kannel.sentMessages(1);
  expect(message).toMatchObject({ sender: '12345', receiver: MSISDN });
  expect(message?.header.toString('hex')).toBe(PORTS_UDH);
  const transaction = message?.data[0];
  const type = format === '1.2' ? 'c4' : 'd8';
  const body = Buffer.from(MESSAGES[format]).toString('hex');
  expect(message?.data.toString('hex', 1)).toBe(`0603${type}af87${body}`);
  expect(readWapPush(message?.data ?? Buffer.alloc(0))).toEqual({
    transaction,
    format,
    message: Buffer.from(MESSAGES[format]),
  });
});

test('sendsms accepts the segments of a long notification, and they join to its WSP Push', async () => {
  expect(await delivery.send('kannel-sms', push('1.3', LONG))).toEqual({ kind: 'accepted' });
  const messages = await kannel.sentMessages(3);
  const pdu = Buffer.concat(messages.map(({ data }) => data));
  const reference = pdu.toString('hex', 0, 1);
  expect(messages.map(({ header }) => header.toString('hex'))).toEqual(
    [1, 2, 3].map((number) => `0b05040b8423f00003${reference}030${number}`),
  );
  expect(messages.map(({ data }) => data.length)).toEqual([128, 128, 50]);
  expect(readWapPush(pdu)).toEqual({ transaction: pdu[0], format: '1.3', message: LONG });
});

test('sendsms refuses a wrong password for good', async () => {
  expect(await wrongDelivery.send('kannel-sms', push('1.3'))).toMatchObject({ kind: 'refused' });
});

test('the push proxy gateway accepts a notification of DM 1.3 and sends a WSP Push that a device reads', async () => {
  expect(await delivery.send('kannel-pap', push('1.3'))).toEqual({ kind: 'accepted' });
  const [message] = await kannel.sentMessages(1);
  expect(message?.receiver).toBe(MSISDN);
  expect(message?.header.toString('hex')).toBe(PORTS_UDH);
  const pdu = message?.data ?? Buffer.alloc(0);
  expect(readWapPush(pdu)).toEqual({ transaction: pdu[0], format: '1.3', message: Buffer.from(MESSAGES['1.3']) });
  // Content-Length and Encoding-Version are Kannel's own. The credentials of the gateway are not among the headers.
  const length = (MESSAGES['1.3'].length | 0x80).toString(16);
  expect(pdu.toString('hex', 1, 10)).toBe(`0607d8af878d${length}c393`);
});

test('the push proxy gateway writes the content type of DM 1.2 as text', async () => {
  expect(await delivery.send('kannel-pap', push('1.2'))).toEqual({ kind: 'accepted' });
  const [message] = await kannel.sentMessages(1);
  const pdu = message?.data ?? Buffer.alloc(0);
  expect(pdu.subarray(3).toString('latin1')).toMatch(/^application\/vnd\.syncml\.notification\0/);
  expect(pdu.subarray(-MESSAGES['1.2'].length)).toEqual(Buffer.from(MESSAGES['1.2']));
  expect(() => readWapPush(pdu)).toThrow(PushFault);
});

test('the push proxy gateway answers a push message with HTTP 202 and code 1001, which is read as accepted', async () => {
  const { contentType, body } = formatPapRequest({ ...push('1.3'), address: `WAPPUSH=${MSISDN}/TYPE=PLMN@ppg` });
  const url = `http://127.0.0.1:${portOf(13_014)}/wappush?username=dmbridge&password=${PASSWORD}`;
  const headers = { 'content-type': contentType };
  const response = await fetch(url, { method: 'POST', headers, body: Buffer.from(body) });
  const text = await response.text();
  await kannel.sentMessages(1);
  expect(response.status).toBe(202);
  expect(text).toContain('<response-result code ="1001"');
  expect(readPapAnswer(response.status, text)).toEqual({ kind: 'accepted' });
});

test('the push proxy gateway refuses a wrong password for good', async () => {
  expect(await wrongDelivery.send('kannel-pap', push('1.3'))).toMatchObject({ kind: 'refused' });
});

let sendings = 0;

/** Each sending has its own push-id: Kannel refuses one that it knows. */
function push(format: '1.2' | '1.3', message: Uint8Array = MESSAGES[format]): Push {
  sendings += 1;
  const pushId = `A7.${sendings}.0123456789ab@legacy-dm`;
  return { target: MSISDN, format, message, sessionId: 'A7', pushId, deliverBefore: Date.now() + 86_400_000 };
}

/** The configurations of Kannel and of the bridge in docs/notifications.md. */
function documentedSetUp(): { readonly conf: string; readonly yaml: string } {
  const [, section = ''] = readFileSync('docs/notifications.md', 'utf8').split('\n### Kannel\n');
  const block = (language: string): string => {
    const [, text] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? [];
    if (text === undefined) throw new Error(`docs/notifications.md has no ${language} for Kannel`);
    return text;
  };
  return { conf: block('ini'), yaml: block('yaml') };
}

function withPorts(text: string): string {
  return text.replace(/\b13\d{3}\b/g, (port) => String(portOf(Number(port))));
}

function portOf(documented: number): number {
  const port = ports.get(documented);
  if (port === undefined) throw new Error(`the configuration of Kannel has no port ${documented}`);
  return port;
}

function open(yaml: string, password: string): NotificationDelivery {
  const text = `accounts: { main: {} }\nroutes: [{ bridge: main }]\n${withPorts(yaml)}`;
  return new NotificationDelivery(
    parseConfig(text, 'dmbridge.yaml', { KANNEL_PASSWORD: password }).notifications.deliver,
  );
}
