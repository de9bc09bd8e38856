/** Package#0 of DM 2.0: the example, every form that is refused, and its inverse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { isDigestRight, parsePackage0 } from '../../src/notification/package0.ts';
import { writePackage0 } from '../../src/testbed/backend/package0.ts';
import { hex } from './hex.ts';

const EXAMPLE = hex(`23 00 10 04 44 4D 53 31 10 02 02 01 10 02 10 01
  10 20 81 9B 39 93 42 F4 3A 71 8F A0 78 02 5B 14 F7 33 10 B3 3E 5A 03 B8 AB 9E 8D 92 3A F4 CF 8D 30 EF
  10 04 65 53 F1 00 10 00`);
const SECRET = { secret: Buffer.from('s3cret'), data: new Uint8Array() };

describe('the example', () => {
  test('has all six options and a right digest', () => {
    const found = parsePackage0(EXAMPLE);
    const { digest, ...others } = found;
    expect(EXAMPLE).toHaveLength(58);
    expect(others).toEqual({
      serverId: 'DMS1',
      preferredConnections: [2, 1],
      notificationId: 0x1001,
      timestamp: 1_700_000_000,
      requestsMos: true,
    });
    expect(digest !== undefined && isDigestRight(EXAMPLE, digest, SECRET)).toBe(true);
  });

  test('is what the reference backend writes', () => {
    const options = {
      serverId: 'DMS1',
      connections: [2, 1],
      notificationId: 0x1001,
      timestamp: 1_700_000_000,
      requestMos: true,
    };
    expect(writePackage0(options, SECRET)).toEqual(Buffer.from(EXAMPLE));
  });

  test('has a wrong digest for another secret, with data, and when a bit of any option has changed', () => {
    const { digest } = parsePackage0(EXAMPLE);
    if (digest === undefined) throw new Error('no digest');
    expect(isDigestRight(EXAMPLE, digest, { ...SECRET, secret: Buffer.from('S3cret') })).toBe(false);
    expect(isDigestRight(EXAMPLE, digest, { ...SECRET, data: Buffer.from('x') })).toBe(false);
    const changed = new Uint8Array(EXAMPLE);
    changed[11] = 0;
    expect(isDigestRight(changed, digest, SECRET)).toBe(false);
  });
});

describe('forms that are read', () => {
  test.each([
    ['no options', '20 00', { requestsMos: false }],
    ['RESERVED bits', '20 7F', { requestsMos: false }],
    ['an option with the number 15', '20 80 F0 01 41', { requestsMos: false }],
    ['an unknown option behind known ones', '21 00 60 00 30 02 01 02', { requestsMos: true }],
    ['a TIMESTAMP of 8 bytes', '20 80 50 08 00 00 00 00 65 53 F1 00', { requestsMos: false, timestamp: 1_700_000_000 }],
    ['a SERVER-ID in UTF-8', '20 80 10 02 C3 A9', { requestsMos: false, serverId: 'é' }],
  ])('a message with %s is read', (_, text, expected) => {
    expect(parsePackage0(hex(text))).toEqual(expected);
  });
});

describe('forms that are refused', () => {
  test.each([
    ['nothing', ''],
    ['half a header', '20'],
    ['VER 1', '10 00'],
    ['VER 3', '30 00'],
    ['the VER of the draft', '05 1F 00 00 0B'],
    ['fewer options than OC', '21 00 10 01 41'],
    ['more options than OC', '20 80 10 01 41 50 00'],
    ['half an option header', '20 80 10'],
    ['DELTA 0 in its first option', '20 80 00 01 41'],
    ['the same option twice', '21 00 10 01 41 00 01 41'],
    ['a value that ends behind the message', '20 80 10 02 41'],
    ['bytes behind the last option', '20 80 10 01 41 00'],
    ['an empty SERVER-ID', '20 80 10 00'],
    ['a SERVER-ID of 256 bytes', `20 80 11 00 ${'41'.repeat(256)}`],
    ['a SERVER-ID that is not UTF-8', '20 80 10 02 C3 28'],
    ['an empty PREFERRED-CON-TYPE', '20 80 20 00'],
    ['a NOTIFICATION-ID of 1 byte', '20 80 30 01 01'],
    ['a NOTIFICATION-ID of 4 bytes', '20 80 30 04 00 00 00 01'],
    ['a digest of 31 bytes', `20 80 40 1F ${'00'.repeat(31)}`],
    ['a TIMESTAMP of 5 bytes', '20 80 50 05 01 02 03 04 05'],
    ['a REQ-MOS with a value', '20 80 60 01 01'],
  ])('a message with %s is refused', (_, text) => {
    expect(() => parsePackage0(hex(text))).toThrow(expect.objectContaining({ code: 'ERR_NOTIFICATION_FORM' }));
  });
});

const options = fc.record(
  {
    serverId: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => text.isWellFormed()),
    connections: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 9 }),
    notificationId: fc.integer({ min: 0, max: 0xffff }),
    timestamp: fc.integer({ min: 0, max: 2 ** 40 }),
    requestMos: fc.constant(true),
  },
  { requiredKeys: [] },
);

test('every Package#0 that the reference backend writes is read back, and its digest is right', () => {
  const secrets = fc.record({ secret: fc.uint8Array({ minLength: 1 }), data: fc.uint8Array({ maxLength: 9 }) });
  fc.assert(
    fc.property(options, secrets, (written, credentials) => {
      const { connections, requestMos, ...same } = written;
      const message = writePackage0(written, credentials);
      const { digest, ...found } = parsePackage0(message);
      expect(found).toEqual({
        ...same,
        ...(connections && { preferredConnections: connections }),
        requestsMos: requestMos ?? false,
      });
      expect(digest !== undefined && isDigestRight(message, digest, credentials)).toBe(true);
    }),
  );
});

test('mutated bytes are read or refused, and nothing else is thrown', () => {
  const mutations = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(options, mutations, fc.nat(60), (written, changes, cut) => {
      const bytes = new Uint8Array(writePackage0(written, SECRET));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const message = cut < bytes.length && cut % 3 === 0 ? bytes.subarray(0, cut) : bytes;
      try {
        const { digest } = parsePackage0(message);
        if (digest !== undefined) isDigestRight(message, digest, SECRET);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }),
    { numRuns: 5_000 },
  );
});
