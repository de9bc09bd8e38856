/** HTTP Digest toward backends: challenges and their answers. */
import { describe, expect, test } from 'vitest';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from '../../src/http/digest-auth.ts';

const REQUEST = {
  method: 'GET',
  uri: '/dir/index.html',
  body: new Uint8Array(),
  user: 'Mufasa',
  password: 'Circle of Life',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  count: 1,
};

/** RFC 7616 §3.9.1. */
const RFC7616 =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

function answer(header: string, request: Partial<typeof REQUEST> = {}): string {
  const challenge = parseDigestChallenge(header);
  if (challenge === undefined) throw new Error('no challenge');
  const { cnonce } = { ...REQUEST, ...request };
  return digestAuthorization(challenge, { ...REQUEST, session: { nonce: challenge.nonce, cnonce }, ...request });
}

describe('answers', () => {
  test('an answer by MD5 is as printed in RFC 7616 §3.9.1', () => {
    const header = answer(RFC7616);
    expect(header).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
    expect(header).toContain('username="Mufasa", realm="http-auth@example.org"');
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001');
  });

  test('an answer by SHA-256 is as printed in RFC 7616 §3.9.1', () => {
    expect(answer(RFC7616.replace('MD5', 'SHA-256'))).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
  });

  test('an answer is as printed in RFC 2617 §3.5', () => {
    const header = answer(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
      { password: 'Circle Of Life', cnonce: '0a4f113b' },
    );
    expect(header).toContain('response="6629fae49393a05397450978507c4ef1"');
  });

  test('an answer without qop is made as RFC 2069 says', () => {
    // MD5(MD5("u:r:p") ":n:" MD5("GET:/"))
    const header = answer('Digest realm="r", nonce="n"', { user: 'u', password: 'p', uri: '/' });
    expect(header).toContain('response="f23121ca97143c6b358da620220c83b4"');
    expect(header).not.toMatch(/qop|nc=|cnonce/);
  });

  test('an answer with auth-int protects the body', () => {
    const header = 'Digest realm="r", nonce="n", qop="auth-int"';
    expect(answer(header, { body: Buffer.from('a') })).not.toBe(answer(header, { body: Buffer.from('b') }));
  });

  test('an answer has a count that goes up', () => {
    expect(answer(RFC7616, { count: 26 })).toContain('nc=0000001a');
  });

  test('an answer has a hashed name where the server asks for it', () => {
    const header = answer('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, userhash=true');
    expect(header).not.toContain('Mufasa');
    expect(header).toContain('userhash=true');
  });
});

describe('challenges', () => {
  test.each([
    ['Basic realm="x", Digest realm="r", nonce="n"', { realm: 'r', nonce: 'n', algorithm: 'MD5', userhash: false }],
    [
      'Digest realm="a\\"b, c", nonce="n", Basic realm="x"',
      { realm: 'a"b, c', nonce: 'n', algorithm: 'MD5', userhash: false },
    ],
    [
      'digest REALM=r, NONCE=n, QOP=AUTH, algorithm=md5-SESS',
      { realm: 'r', nonce: 'n', qop: 'auth', algorithm: 'MD5-sess', userhash: false },
    ],
    [
      'Digest realm="r", nonce="1", algorithm=MD5, Digest realm="r", nonce="2", algorithm=SHA-256',
      { realm: 'r', nonce: '2', algorithm: 'SHA-256', userhash: false },
    ],
  ] satisfies readonly [string, DigestChallenge][])('a challenge is read: %s', (header, expected) => {
    expect(parseDigestChallenge(header)).toEqual(expected);
  });

  test.each([
    '',
    'Basic realm="x"',
    'Digest realm="r"',
    'Digest realm="r", nonce="n", algorithm=X',
    'Digest realm="r", nonce="n", qop="x"',
  ])('a challenge that cannot be answered is not read: %s', (header) => {
    expect(parseDigestChallenge(header)).toBeUndefined();
  });
});
