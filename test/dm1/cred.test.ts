import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  credentialForms,
  credTypeName,
  equalBase64,
  formatBasic,
  formatMacHeader,
  isMacType,
  macVerifier,
  makeServerCred,
  md5Digest,
  nestedMac,
  parseBase64,
  parseBasic,
  parseCredType,
  parseMacHeader,
  sha256Digest,
  verifyBasic,
  verifyDigest,
} from '../../src/dm1/cred.ts';

const BRUCE = credentialForms('Bruce2', 'OhBehave');
const DEVICE = credentialForms('device-0042', 'c0rrect-horse');
const DEVICE_NONCE = Buffer.from('00112233445566778899AABBCCDDEEFF', 'hex');

describe('published values', () => {
  test('MD5 digest of the example (DM-1.3 §9.4.2)', () => {
    expect(BRUCE.md5).toBe('PtEdr8lBQ45IbT1bZIkrOQ==');
    expect(md5Digest(BRUCE.md5, Buffer.from('Nonce'))).toBe('Zz6EivR3yeaaENcRN6lpAQ==');
  });

  test('Basic of the example (DM-1.3 §9.4.1)', () => {
    expect(formatBasic('Bruce2', 'OhBehave')).toBe('QnJ1Y2UyOk9oQmVoYXZl');
    expect(parseBasic('QnJ1Y2UyOk9oQmVoYXZl')).toEqual({ user: 'Bruce2', password: 'OhBehave' });
  });

  test('MD5 with a nonce outside ASCII, and the variant that leaves it in base64', () => {
    expect(DEVICE.md5).toBe('6v6tdVeRdP/VimmCtND9ow==');
    expect(md5Digest(DEVICE.md5, DEVICE_NONCE)).toBe('Gc+90m5lXa4zHthTSm3Ydg==');
    expect(md5Digest(DEVICE.md5, Buffer.from('ABEiM0RVZneImaq7zN3u/w=='))).toBe('jVpjE+BxU3p1SKwuMGOsAA==');
  });

  test('SHA-256 digest', () => {
    expect(DEVICE.sha256).toBe('AH4msU3nQ0avFuA9+yaoM33kibMf29kx/xzqzQa8A4M=');
    expect(sha256Digest(DEVICE.sha256, DEVICE_NONCE)).toBe('/jUdFuoz+avEX7svpwXcZg6wu9OqvbC+LeSncxwtCtA=');
  });

  test('nested MAC, MD5 and SHA-256', () => {
    const body = Buffer.from('<SyncML/>');
    expect(nestedMac('md5', DEVICE.md5, DEVICE_NONCE, body)).toBe('HISjyGcJbiZAEjHkZD0xIw==');
    expect(nestedMac('sha256', DEVICE.sha256, DEVICE_NONCE, body)).toBe('YU64fRmi9rWIrMFEtL4v1Cc08aU9f4LgMZOp5r0BQuA=');
  });

  test('HA1 of HTTP digest is hex over user, realm and password', () => {
    const over = (algorithm: string) => createHash(algorithm).update('Bruce2:dmbridge:OhBehave').digest('hex');
    expect(BRUCE.ha1Md5).toBe(over('md5'));
    expect(BRUCE.ha1Sha256).toBe(over('sha256'));
  });

  test('no form shows the password', () => {
    expect(JSON.stringify(BRUCE)).not.toContain('OhBehave');
    expect(JSON.stringify(BRUCE)).not.toContain(Buffer.from('OhBehave').toString('base64').slice(0, 8));
  });
});

describe('Basic', () => {
  test.for([
    ['its user and password', formatBasic('Bruce2', 'OhBehave'), true],
    ['the same with line breaks and without padding', 'QnJ1Y2Uy\r\n Ok9oQmVoYXZl', true],
    ['another password', formatBasic('Bruce2', 'OhBehave!'), false],
    ['another user', formatBasic('Bruce3', 'OhBehave'), false],
    ['clear text', 'Bruce2:OhBehave', false],
    ['nothing', '', false],
  ] as const)('%s', ([, data, right]) => {
    expect(verifyBasic(data, BRUCE.basic)).toBe(right);
  });

  test('the first colon parts user and password', () => {
    expect(parseBasic(formatBasic('u', 'a:b'))).toEqual({ user: 'u', password: 'a:b' });
    expect(parseBasic(Buffer.from('nocolon').toString('base64'))).toBeUndefined();
    expect(parseBasic('%%%')).toBeUndefined();
  });

  test('every user without colon, and every password, is read back and verified', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        text.filter((user) => !user.includes(':')),
        text,
        (user, password) => {
          expect(parseBasic(formatBasic(user, password))).toEqual({ user, password });
          expect(verifyBasic(formatBasic(user, password), credentialForms(user, password).basic)).toBe(true);
        },
      ),
    );
  });
});

describe('digests', () => {
  test('verified by its own A, nonce and algorithm only', () => {
    const data = md5Digest(BRUCE.md5, DEVICE_NONCE);
    expect(verifyDigest('md5', data, BRUCE.md5, DEVICE_NONCE)).toBe(true);
    expect(verifyDigest('md5', data.replace(/=+$/, ''), BRUCE.md5, DEVICE_NONCE)).toBe(true);
    expect(verifyDigest('md5', data, DEVICE.md5, DEVICE_NONCE)).toBe(false);
    expect(verifyDigest('md5', data, BRUCE.md5, DEVICE_NONCE.subarray(1))).toBe(false);
    expect(verifyDigest('sha256', data, BRUCE.md5, DEVICE_NONCE)).toBe(false);
    expect(verifyDigest('md5', '', BRUCE.md5, DEVICE_NONCE)).toBe(false);
  });
});

describe('base64', () => {
  test.for([
    ['', []],
    ['AQ==', [1]],
    ['AQ', [1]],
    [' AQ\r\nID\t', [1, 2, 3]],
  ] as const)('"%s" is read', ([text, bytes]) => {
    expect([...(parseBase64(text) ?? ['unread'])]).toEqual(bytes);
  });

  test.for(['A', 'AQ=B', 'A-_B', 'AQ===', 'ä', 'AAAAA'])('"%s" is not base64', (text) => {
    expect(parseBase64(text)).toBeUndefined();
  });

  test('compared by bytes; what is no base64 equals nothing', () => {
    expect(equalBase64('AQ==', 'AQ')).toBe(true);
    expect(equalBase64('AQ==', 'Ag==')).toBe(false);
    expect(equalBase64('AQ==', 'AQI=')).toBe(false);
    expect(equalBase64('*', '*')).toBe(false);
  });
});

describe('type names', () => {
  test.for([
    ['syncml:auth-md5', 'md5'],
    [' SyncML:Auth-MD5\n', 'md5'],
    ['syncml:auth-basic', 'basic'],
    ['syncml:auth-SHA256', 'sha256'],
    ['syncml:auth-MAC', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('%s', ([text, type]) => {
    expect(parseCredType(text)).toBe(type);
  });

  test('the SHA-256 name can be configured', () => {
    expect(credTypeName('sha256', 'x:sha')).toBe('x:sha');
    expect(parseCredType('X:SHA', 'x:sha')).toBe('sha256');
    expect(parseCredType('syncml:auth-SHA256', 'x:sha')).toBeUndefined();
  });
});

describe('our Cred for a device', () => {
  const chal = (type?: string, nextNonce?: string) => ({
    meta: { ...(type === undefined ? {} : { type }), ...(nextNonce === undefined ? {} : { nextNonce }) },
  });
  const md5 = (nonce: string) => ({
    meta: { format: 'b64', type: 'syncml:auth-md5' },
    data: md5Digest(BRUCE.md5, Buffer.from(nonce)),
  });

  test.for([
    ['the nonce of the challenge', chal('syncml:auth-md5', 'Tm9uY2U='), 'b2xk', md5('Nonce')],
    ['a challenge without nonce: the stored one', chal('SYNCML:auth-md5'), 'b2xk', md5('old')],
    ['no challenge at all: MD5 with the stored nonce', undefined, 'b2xk', md5('old')],
    ['no challenge, no nonce: MD5 with an empty one', undefined, undefined, md5('')],
    ['a nonce that is no base64: as it stands', chal('syncml:auth-md5', 'no-nce'), undefined, md5('no-nce')],
    ['a challenge without type: MD5', chal(undefined, 'Tm9uY2U='), undefined, md5('Nonce')],
    [
      'Basic',
      chal('syncml:auth-basic'),
      'b2xk',
      { meta: { format: 'b64', type: 'syncml:auth-basic' }, data: 'QnJ1Y2UyOk9oQmVoYXZl' },
    ],
    [
      'SHA-256',
      chal('syncml:auth-SHA256', 'Tm9uY2U='),
      undefined,
      {
        meta: { format: 'b64', type: 'syncml:auth-SHA256' },
        data: sha256Digest(BRUCE.sha256, Buffer.from('Nonce')),
      },
    ],
    ['a scheme we do not speak', chal('syncml:auth-X509'), undefined, undefined],
  ] as const)('%s', ([, asked, nonce, cred]) => {
    expect(makeServerCred(asked, 'Bruce2', 'OhBehave', nonce)).toEqual(cred);
  });
});

describe('x-syncml-hmac', () => {
  const read = { algorithm: 'md5', user: 'device-0042', mac: 'HISjyGcJbiZAEjHkZD0xIw==' };
  test.for([
    ['algorithm=MD5, username="device-0042", mac=HISjyGcJbiZAEjHkZD0xIw==', read],
    ['username="device-0042",mac="HISjyGcJbiZAEjHkZD0xIw=="', read],
    ['MAC=HISjyGcJbiZAEjHkZD0xIw==,  UserName="device-0042" , Algorithm=md5', read],
    ['algorithm=SHA256, username="a, b", mac=AA', { algorithm: 'sha256', user: 'a, b', mac: 'AA' }],
  ] as const)('%s', ([value, header]) => {
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
  ])('refused: %s', (value) => {
    expect(parseMacHeader(value)).toBeUndefined();
  });
});

describe('checking a MAC', () => {
  const body = Buffer.from('<SyncML/>');
  const check = (mac: string, nonce = DEVICE_NONCE, over = body, algorithm: 'md5' | 'sha256' = 'md5') =>
    macVerifier({ algorithm, user: 'device-0042', mac }, DEVICE[algorithm], over)(nonce);
  const hex = Buffer.from(Buffer.from('HISjyGcJbiZAEjHkZD0xIw==', 'base64').toString('hex')).toString('base64');

  test.for([
    ['the published value', 'HISjyGcJbiZAEjHkZD0xIw=='],
    ['without padding', 'HISjyGcJbiZAEjHkZD0xIw'],
    ['base64 of the lower-case hex form, as the sample of the specification has it', hex],
  ])('right: %s', ([, mac]) => {
    expect(check(mac ?? '')).toBe(true);
  });

  test('right: SHA-256', () => {
    expect(check('YU64fRmi9rWIrMFEtL4v1Cc08aU9f4LgMZOp5r0BQuA=', DEVICE_NONCE, body, 'sha256')).toBe(true);
  });

  test('wrong: another nonce, another body by one byte, another mac, another hash', () => {
    expect(check('HISjyGcJbiZAEjHkZD0xIw==', DEVICE_NONCE.subarray(1))).toBe(false);
    expect(check('HISjyGcJbiZAEjHkZD0xIw==', DEVICE_NONCE, Buffer.from('<SyncML/> '))).toBe(false);
    expect(check('HISjyGcJbiZAEjHkZD0xIQ==')).toBe(false);
    expect(check('HISjyGcJbiZAEjHkZD0xIw==', DEVICE_NONCE, body, 'sha256')).toBe(false);
  });

  test.for(['md5', 'sha256'] as const)('what we write is what we read: %s', (algorithm) => {
    const nonce = DEVICE_NONCE.toString('base64');
    const header = parseMacHeader(formatMacHeader(algorithm, 'device-0042', 'c0rrect-horse', nonce, body));
    const mac = nestedMac(algorithm, DEVICE[algorithm], DEVICE_NONCE, body);
    expect(header).toEqual({ algorithm, user: 'device-0042', mac });
  });

  test('our nonce that is no base64 is hashed as it stands', () => {
    const header = parseMacHeader(formatMacHeader('md5', 'device-0042', 'c0rrect-horse', 'no-nce', body));
    expect(header?.mac).toBe(nestedMac('md5', DEVICE.md5, Buffer.from('no-nce'), body));
  });

  test('a challenge asks for it by its name, in any case', () => {
    expect(['syncml:auth-MAC', ' SYNCML:AUTH-mac ', 'syncml:auth-md5', undefined].map(isMacType)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
