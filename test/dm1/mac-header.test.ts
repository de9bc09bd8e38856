/** The HTTP header `x-syncml-hmac`: reading, checking and writing it ([DMSEC]). */
import { describe, expect, test } from 'vitest';
import { formatMacHeader, isMacType, macVerifier, parseMacHeader } from '../../src/dm1/mac-header.ts';
import { DEVICE, DEVICE_NONCE } from './accounts.ts';

const BODY = Buffer.from('<SyncML/>');
const MD5_MAC = 'HISjyGcJbiZAEjHkZD0xIw==';
const SHA256_MAC = 'YU64fRmi9rWIrMFEtL4v1Cc08aU9f4LgMZOp5r0BQuA=';

describe('the header', () => {
  const read = { algorithm: 'md5', user: 'device-0042', mac: MD5_MAC };
  test.for([
    [`algorithm=MD5, username="device-0042", mac=${MD5_MAC}`, read],
    [`username="device-0042",mac="${MD5_MAC}"`, read],
    [`MAC=${MD5_MAC},  UserName="device-0042" , Algorithm=md5`, read],
    ['algorithm=SHA256, username="a, b", mac=AA', { algorithm: 'sha256', user: 'a, b', mac: 'AA' }],
  ] as const)('%s is read', ([value, header]) => {
    expect(parseMacHeader(value)).toEqual(header);
  });

  test.for([
    '',
    'username="a"',
    'mac=AA',
    'username="a", mac=',
    'username="a, mac=AA',
    'algorithm=ROT13, username="a", mac=AA',
    'username="a", mac=AA, mac=BB',
    'username="a"; mac=AA',
  ])('"%s" is refused', (value) => {
    expect(parseMacHeader(value)).toBeUndefined();
  });

  test('is asked for by the type name of its scheme, in any case', () => {
    expect(['syncml:auth-MAC', ' SYNCML:AUTH-mac ', 'syncml:auth-md5', undefined].map(isMacType)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the MAC of a device', () => {
  const check = (mac: string, nonce = DEVICE_NONCE, over = BODY, algorithm: 'md5' | 'sha256' = 'md5') =>
    macVerifier({ algorithm, user: 'device-0042', mac }, DEVICE[algorithm], over)(nonce);
  const hex = Buffer.from(Buffer.from(MD5_MAC, 'base64').toString('hex')).toString('base64');

  test.for([
    ['the published value', MD5_MAC],
    ['the published value without padding', 'HISjyGcJbiZAEjHkZD0xIw'],
    ['base64 of the lower-case hex form, as in the sample of the specification', hex],
  ] as const)('is right: %s', ([, mac]) => {
    expect(check(mac)).toBe(true);
  });

  test('is right with SHA-256', () => {
    expect(check(SHA256_MAC, DEVICE_NONCE, BODY, 'sha256')).toBe(true);
  });

  test('is wrong with another nonce, another body by one byte, another mac, another hash', () => {
    expect(check(MD5_MAC, DEVICE_NONCE.subarray(1))).toBe(false);
    expect(check(MD5_MAC, DEVICE_NONCE, Buffer.from('<SyncML/> '))).toBe(false);
    expect(check('HISjyGcJbiZAEjHkZD0xIQ==')).toBe(false);
    expect(check(MD5_MAC, DEVICE_NONCE, BODY, 'sha256')).toBe(false);
  });
});

describe('our MAC', () => {
  const account = { user: 'device-0042', password: 'c0rrect-horse' };

  test.for([
    ['md5', MD5_MAC],
    ['sha256', SHA256_MAC],
  ] as const)('has the published value with %s', ([algorithm, mac]) => {
    const nonce = DEVICE_NONCE.toString('base64');
    const header = parseMacHeader(formatMacHeader({ ...account, algorithm, nonce }, BODY));
    expect(header).toEqual({ algorithm, user: 'device-0042', mac });
  });

  test('uses a nonce that is not base64 as text', () => {
    const value = formatMacHeader({ ...account, algorithm: 'md5', nonce: 'no-nce' }, BODY);
    const header = parseMacHeader(value);
    if (header === undefined) throw new Error(value);
    expect(macVerifier(header, DEVICE.md5, BODY)(Buffer.from('no-nce'))).toBe(true);
  });
});
