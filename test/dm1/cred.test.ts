/** Cred of a device, and our Cred for a device that challenges us (DM-1.3 §9). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credTypeName, makeServerCred, parseCredType, verifyBasic, verifyDigest } from '../../src/dm1/cred.ts';
import { credentialForms, digest } from '../../src/dm1/digest.ts';
import { BRUCE, DEVICE, DEVICE_NONCE } from './accounts.ts';

/** Cred/Data of the Basic scheme. */
function basic(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

describe('Basic of a device', () => {
  test.for([
    ['its user and password, as in the example (DM-1.3 §9.4.1)', 'QnJ1Y2UyOk9oQmVoYXZl', true],
    ['the same with line breaks and without padding', 'QnJ1Y2Uy\r\n Ok9oQmVoYXZl', true],
    ['another password', basic('Bruce2', 'OhBehave!'), false],
    ['another user', basic('Bruce3', 'OhBehave'), false],
    ['clear text', 'Bruce2:OhBehave', false],
    ['nothing', '', false],
  ] as const)('is checked: %s', ([, data, right]) => {
    expect(verifyBasic(data, BRUCE.basic)).toBe(right);
  });

  test('verifies every user and password', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (user, password) => {
        expect(verifyBasic(basic(user, password), credentialForms(user, password).basic)).toBe(true);
      }),
    );
  });
});

describe('a digest of a device', () => {
  test('is verified by its own A, nonce and algorithm only', () => {
    const data = digest('md5', BRUCE.md5, DEVICE_NONCE);
    expect(verifyDigest('md5', data, BRUCE.md5, DEVICE_NONCE)).toBe(true);
    expect(verifyDigest('md5', data.replace(/=+$/, ''), BRUCE.md5, DEVICE_NONCE)).toBe(true);
    expect(verifyDigest('md5', data, DEVICE.md5, DEVICE_NONCE)).toBe(false);
    expect(verifyDigest('md5', data, BRUCE.md5, DEVICE_NONCE.subarray(1))).toBe(false);
    expect(verifyDigest('sha256', data, BRUCE.md5, DEVICE_NONCE)).toBe(false);
    expect(verifyDigest('md5', '', BRUCE.md5, DEVICE_NONCE)).toBe(false);
  });
});

describe('the type name of a scheme', () => {
  test.for([
    ['syncml:auth-md5', 'md5'],
    [' SyncML:Auth-MD5\n', 'md5'],
    ['syncml:auth-basic', 'basic'],
    ['syncml:auth-SHA256', 'sha256'],
    ['syncml:auth-MAC', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('"%s" names %s', ([text, type]) => {
    expect(parseCredType(text)).toBe(type);
  });

  test('of SHA-256 can be configured', () => {
    expect(credTypeName('sha256', 'x:sha')).toBe('x:sha');
    expect(parseCredType('X:SHA', 'x:sha')).toBe('sha256');
    expect(parseCredType('syncml:auth-SHA256', 'x:sha')).toBeUndefined();
  });
});

describe('our Cred for a device', () => {
  const chal = (meta: { readonly type?: string; readonly nextNonce?: string }) => ({ meta });
  const md5 = (nonce: string) => ({
    meta: { format: 'b64', type: 'syncml:auth-md5' },
    data: digest('md5', BRUCE.md5, Buffer.from(nonce)),
  });
  const sha256 = (type: string) => ({
    meta: { format: 'b64', type },
    data: digest('sha256', BRUCE.sha256, Buffer.from('Nonce')),
  });

  test.for([
    ['the nonce of the challenge', chal({ type: 'syncml:auth-md5', nextNonce: 'Tm9uY2U=' }), 'b2xk', md5('Nonce')],
    ['the stored nonce, without one in the challenge', chal({ type: 'SYNCML:auth-md5' }), 'b2xk', md5('old')],
    ['MD5 and the stored nonce, without a challenge', undefined, 'b2xk', md5('old')],
    ['MD5 and an empty nonce, without challenge and nonce', undefined, undefined, md5('')],
    [
      'a nonce that is not base64 as text',
      chal({ type: 'syncml:auth-md5', nextNonce: 'no-nce' }),
      undefined,
      md5('no-nce'),
    ],
    ['MD5, without a type in the challenge', chal({ nextNonce: 'Tm9uY2U=' }), undefined, md5('Nonce')],
    [
      'Basic',
      chal({ type: 'syncml:auth-basic' }),
      'b2xk',
      { meta: { format: 'b64', type: 'syncml:auth-basic' }, data: 'QnJ1Y2UyOk9oQmVoYXZl' },
    ],
    ['SHA-256', chal({ type: 'syncml:auth-SHA256', nextNonce: 'Tm9uY2U=' }), undefined, sha256('syncml:auth-SHA256')],
  ] as const)('uses %s', ([, asked, nonce, cred]) => {
    expect(makeServerCred(asked, { user: 'Bruce2', password: 'OhBehave', nonce })).toEqual(cred);
  });

  test('uses SHA-256 by its configured name', () => {
    const account = { user: 'Bruce2', password: 'OhBehave', nonce: 'Tm9uY2U=', sha256Type: 'x:sha' };
    expect(makeServerCred(chal({ type: 'x:sha' }), account)).toEqual(sha256('x:sha'));
  });

  test('does not exist for a scheme that the bridge does not support', () => {
    const account = { user: 'Bruce2', password: 'OhBehave' };
    expect(makeServerCred(chal({ type: 'syncml:auth-X509' }), account)).toBeUndefined();
  });
});
