/** The notifications of DM 1.2 and DM 1.3: their examples, and a device that reads them back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMessage12, RESYNCHRONISATION_NONCE } from '../../src/notification/message12.ts';
import { countFixedOptions, formatMessage13, MAX_OPTIONS } from '../../src/notification/message13.ts';
import { type NotificationFormat, UI_MODES, type UiMode } from '../../src/notification/notification-message.ts';
import { formatPush } from '../../src/notification/wap-push.ts';
import { PushFault, readNotification, readWapPush } from '../../src/testbed/device/notification.ts';
import { hex } from './hex.ts';

const MESSAGE12 = { version: 11, uiMode: 'background', sessionId: 0xa7, serverId: 'legacy-dm' } as const;
const MESSAGE13 = {
  uiMode: 'background',
  transport: 'unspecified',
  timeout: 1440,
  sessionId: 0xa7,
  timestamp: 1_700_000_000,
  serverId: 'legacy-dm',
  targetedMos: [],
  requestedMos: [0x0b],
  connectionTypes: [2, 1],
} as const;
const SECRET13 = { secret: Buffer.from('not1secret'), isJoined: false };

describe('the notification of DM 1.2', () => {
  test('has the bytes of the example', () => {
    const bytes = formatMessage12(MESSAGE12, { password: 'srvpass', nonce: Buffer.from('srv-nonce') });
    expect(bytes).toEqual(
      Buffer.from(
        hex('D4 1B C9 7B F6 89 73 68 76 7B E3 E2 70 26 2C E9 02 D8 00 00 00 00 A7 09 6C 65 67 61 63 79 2D 64 6D'),
      ),
    );
  });

  test('has the header of the example in the specification but for its initiator', () => {
    const message = { version: 11, uiMode: 'background', sessionId: 0x1234, serverId: 'com.mgmtsrv.manage' } as const;
    const bytes = formatMessage12(message, { password: 'srvpw', nonce: hex('01 02 03 04') });
    expect(bytes.subarray(16, 24)).toEqual(Buffer.from(hex('02 D8 00 00 00 12 34 12')));
  });

  test.each([
    [10, '02 98'],
    [11, '02 D8'],
    [12, '03 18'],
  ])('has version %i in its first ten bits', (version, head) => {
    const bytes = formatMessage12({ ...MESSAGE12, version }, { password: 'x', nonce: new Uint8Array() });
    expect(bytes.subarray(16, 18)).toEqual(Buffer.from(hex(head)));
  });

  test('carries vendor information behind the Server-ID', () => {
    const message = { ...MESSAGE12, vendorInfo: 'acme' };
    const bytes = formatMessage12(message, { password: 'x', nonce: new Uint8Array() });
    expect(bytes.subarray(-13).toString()).toBe('legacy-dmacme');
  });

  test('is read by a device with the zero nonce although it has another one', () => {
    const message = formatMessage12(MESSAGE12, { password: 'srvpass', nonce: RESYNCHRONISATION_NONCE });
    const credentials = { server: { user: 'legacy-dm', password: 'srvpass' }, nonce: Buffer.from('other') };
    expect(readNotification(pushed('1.2', message), credentials).sessionId).toBe('A7');
  });
});

describe('the notification of DM 1.3', () => {
  test('has the bytes of the example', () => {
    expect(formatMessage13(MESSAGE13, SECRET13)).toEqual(
      Buffer.from(
        hex(`1D 40 00 00 05 A0 00 A7 65 53 F1 00 10 09 6C 65 67 61 63 79 2D 64 6D 30 01 0B
          40 01 06 40 01 02 40 01 03 40 01 04
          B6 3E C5 F3 FB B0 AE DE F5 AC 29 A6 78 8A EB 36 4C A1 32 D7 62 57 92 D8 DD D7 62 32 47 6D B0 57`),
      ),
    );
  });

  test('has the other digest of the example when header and options are joined', () => {
    const digest = formatMessage13(MESSAGE13, { ...SECRET13, isJoined: true }).subarray(-32);
    expect(Buffer.from(digest).toString('hex')).toMatch(/^315f8c40.*95a2$/u);
  });

  test('has at most seven options, in the order of their numbers', () => {
    const message = {
      ...MESSAGE13,
      targetedMos: [0x27, 0x1234],
      connectReason: 'Update',
      vendorInfo: 'acme',
      connectionTypes: [1, 2],
    };
    const bytes = formatMessage13(message, SECRET13);
    expect(((bytes[0] ?? 0) >> 1) & 7).toBe(MAX_OPTIONS);
    const options = hex('10 09 6C 65 67 61 63 79 2D 64 6D 20 01 27 20 02 12 34 30 01 0B 40 01 02');
    expect(bytes.subarray(12, 12 + options.length)).toEqual(Buffer.from(options));
    expect(countFixedOptions(message)).toBe(6);
  });

  test.each([
    ['unspecified', 'unspecified', '00'],
    ['background', 'http', '48'],
    ['informative', 'https', '90'],
    ['interaction', 'obex', 'D8'],
    ['interaction', 'wsp', 'E0'],
  ] as const)('has user interaction %s and transport %s in its second byte', (uiMode, transport, byte) => {
    const bytes = formatMessage13({ ...MESSAGE13, uiMode, transport }, SECRET13);
    expect(bytes.subarray(1, 2)).toEqual(Buffer.from(hex(byte)));
  });
});

const uiModes = fc.constantFrom(...Object.keys(UI_MODES).filter((mode): mode is UiMode => mode in UI_MODES));
const sessionIds = fc.integer({ min: 1, max: 0xffff });
const serverIds = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => text.isWellFormed());
const texts = fc.option(fc.string({ maxLength: 200 }), { nil: undefined });

function pushed(format: NotificationFormat, message: Uint8Array) {
  return readWapPush(Buffer.from(formatPush(format, 7, message)));
}

test('a device reads every notification of DM 1.2 in a WAP Push, and refuses it with another password', () => {
  const messages = fc.record({
    version: fc.constantFrom(10, 11, 12),
    uiMode: uiModes,
    sessionId: sessionIds,
    serverId: serverIds,
    vendorInfo: texts,
  });
  fc.assert(
    fc.property(messages, fc.string(), fc.uint8Array({ maxLength: 20 }), (message, password, nonce) => {
      const push = pushed('1.2', formatMessage12(message, { password, nonce }));
      const server = { user: 'any', password };
      expect(readNotification(push, { server, nonce: Buffer.from(nonce) })).toEqual({
        format: '1.2',
        version: message.version,
        uiMode: UI_MODES[message.uiMode],
        initiator: 1,
        sessionId: message.sessionId.toString(16).toUpperCase(),
        serverId: message.serverId,
      });
      const wrong = { server: { ...server, password: `${password}x` }, nonce: Buffer.from(nonce) };
      expect(() => readNotification(push, wrong)).toThrow(PushFault);
    }),
  );
});

test('a device reads every notification of DM 1.3 in a WAP Push', () => {
  const messages = fc.record({
    uiMode: uiModes,
    transport: fc.constantFrom('unspecified', 'http', 'https', 'obex', 'wsp'),
    timeout: fc.integer({ min: 1, max: 0xffff }),
    sessionId: sessionIds,
    timestamp: fc.integer({ min: 0, max: 0xffffffff }),
    serverId: serverIds,
    targetedMos: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 2 }),
    requestedMos: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 2 }),
    connectionTypes: fc.uniqueArray(fc.integer({ min: 0, max: 3 })),
    connectReason: texts,
    vendorInfo: texts,
  });
  fc.assert(
    fc.property(messages, fc.uint8Array({ minLength: 1 }), (message, secret) => {
      const push = pushed('1.3', formatMessage13(message, { secret, isJoined: false }));
      const server = { user: 'any', password: 'other' };
      const found = readNotification(push, { server, nonce: Buffer.of(), secret: Buffer.from(secret) });
      expect(found).toMatchObject({
        uiMode: UI_MODES[message.uiMode],
        timeout: message.timeout,
        timestamp: message.timestamp,
        serverId: message.serverId,
        sessionId: message.sessionId.toString(16).toUpperCase(),
      });
      const valuesOf = (number: number) =>
        (found.options ?? []).filter((option) => option.number === number).map(({ value }) => value);
      const numbers = (number: number) => valuesOf(number).map((value) => Number(`0x${value.toString('hex')}`));
      expect(numbers(2)).toEqual(message.targetedMos);
      expect(numbers(3)).toEqual(message.requestedMos);
      expect(valuesOf(5).map(String)).toEqual([message.connectReason].filter((text) => text !== undefined));
      expect(valuesOf(6).map(String)).toEqual([message.vendorInfo].filter((text) => text !== undefined));
    }),
  );
});
