/** Package#0 of the early draft: its bits, and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { type DraftPackage0, isDraftPackage0, parseDraftPackage0 } from '../../src/notification/draft-package0.ts';
import { formatDraftPackage0 } from '../support/draft-package0.ts';
import { hex } from './hex.ts';

const EXAMPLE = '05 1F 00 00 0B 68 74 74 70 73 3A 2F 2F 64 2F 78';
const ALL: DraftPackage0 = {
  uiMode: 'background',
  isByServer: true,
  sendsDevDetail: true,
  sendsMos: true,
  sendsInstances: true,
  url: 'https://d/x',
};
const NONE = { isByServer: false, sendsDevDetail: false, sendsMos: false, sendsInstances: false };

describe('the message', () => {
  test.each<[string, string, DraftPackage0]>([
    ['with everything', EXAMPLE, ALL],
    ['of the user, with no wishes', EXAMPLE.replace('1F', '00'), { ...ALL, ...NONE, uiMode: 'unspecified' }],
    [
      'that asks for DevDetail',
      EXAMPLE.replace('1F', '24'),
      { ...ALL, ...NONE, uiMode: 'informative', sendsDevDetail: true },
    ],
    ['that asks for MOs', EXAMPLE.replace('1F', '32'), { ...ALL, ...NONE, uiMode: 'interaction', sendsMos: true }],
    ['that asks for instances', EXAMPLE.replace('1F', '11'), { ...ALL, ...NONE, sendsInstances: true }],
  ])('%s', (_, text, message) => {
    expect(parseDraftPackage0(hex(text))).toEqual(message);
    expect(new Uint8Array(formatDraftPackage0(message))).toEqual(hex(text));
  });

  test('reserved bits do not count', () => {
    expect(parseDraftPackage0(hex(EXAMPLE.replace('00 00', 'A5 5A')))).toEqual(ALL);
  });

  test.each([
    '',
    '05',
    '05 1F 00 00',
    '05 1F 00 00 00',
    `${EXAMPLE} 00`,
    EXAMPLE.slice(0, -3),
    EXAMPLE.replace('05 1F', '05 5F'),
    EXAMPLE.replace('05', '23'),
    EXAMPLE.replace('68 74 74 70 73', '66 74 70 73 73'),
    EXAMPLE.replace('64', '20'),
    EXAMPLE.replace('64', 'FC'),
  ])('%s is refused', (text) => {
    expect(() => parseDraftPackage0(hex(text))).toThrow(DecodeError);
  });

  test('what is written is read again', () => {
    const message = fc.record({
      uiMode: fc.constantFrom(
        'unspecified' as const,
        'background' as const,
        'informative' as const,
        'interaction' as const,
      ),
      isByServer: fc.boolean(),
      sendsDevDetail: fc.boolean(),
      sendsMos: fc.boolean(),
      sendsInstances: fc.boolean(),
      url: fc.webUrl().filter((url) => url.length < 256),
    });
    fc.assert(
      fc.property(message, (each) => {
        expect(parseDraftPackage0(formatDraftPackage0(each))).toEqual(each);
      }),
    );
  });

  test('any bytes are read or refused', () => {
    const start = fc.constantFrom([], [0x05], [0x05, 0x1f], [0x05, 0x1f, 0, 0]);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
        const bytes = Uint8Array.from([...head, ...tail]);
        try {
          expect(isDraftPackage0(bytes)).toBe(true);
          expect(parseDraftPackage0(bytes).url).not.toBe('');
        } catch (error) {
          if (isDraftPackage0(bytes)) expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
