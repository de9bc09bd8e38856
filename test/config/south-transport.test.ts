import { describe, expect, test } from 'vitest';
import { CLIENT_CERT, CLIENT_KEY, TEST_CA } from '../support/certificates.ts';
import { MINIMAL, parse, problemsOf } from './config-folder.ts';

describe('TLS, certificates and trusted proxies of the south listener', () => {
  const TLS = 'tls: { key: client.key, cert: client.pem, clientCa: ca.pem }';

  test('certificates are read from files, with the rule that finds a DevID in them', () => {
    const text = `south:
  ${TLS.replace('}', ', minVersion: TLSv1.1 }')}
  trustProxy: [10.0.0.1, "2001:db8::/32"]
  auth: { accept: [tls, hmac-sha256, http-digest, sha256], certificate: { from: sanUri, pattern: "urn:{devId}" } }
`;
    expect(parse(MINIMAL + text).south).toMatchObject({
      tls: { key: CLIENT_KEY, cert: CLIENT_CERT, ca: TEST_CA, minVersion: 'TLSv1.1' },
      trustProxy: ['10.0.0.1', '2001:db8::/32'],
      auth: {
        accept: ['tls', 'hmac-sha256', 'http-digest', 'sha256'],
        certificate: { from: 'sanUri', pattern: 'urn:{devId}' },
      },
    });
  });

  test('TLS 1.2 is the oldest version by default, and the cipher list depends on the version', () => {
    expect(parse(`${MINIMAL}south: { ${TLS} }`).south.tls).toMatchObject({ minVersion: 'TLSv1.2', ciphers: undefined });
  });

  test('a cipher list replaces the one of the version', () => {
    const tls = TLS.replace('}', ', ciphers: "AES128-SHA:@SECLEVEL=0" }');
    expect(parse(`${MINIMAL}south: { ${tls} }`).south.tls?.ciphers).toBe('AES128-SHA:@SECLEVEL=0');
  });

  test.each([
    [
      'tls: { key: client.key, cert: ca.pem }',
      /^3: south\.tls\.cert: key, cert and clientCa cannot be used together \(ERR_OSSL/,
    ],
    ['tls: { key: gone.pem, cert: client.pem }', /^3: south\.tls\.key: cannot read .*ENOENT/],
    ['tls: { key: client.key, cert: client.pem, clientCa: not.pem }', /^3: south\.tls\.clientCa: not a PEM file/],
    [
      'tls: { key: client.key, cert: client.pem, ciphers: NO-SUCH-SUITE }',
      /^3: south\.tls\.ciphers: not a cipher list of OpenSSL \(ERR_SSL_NO_CIPHER_MATCH\)$/,
    ],
    ['auth: { accept: [md5, tls] }', /^3: south\.auth\.accept\[1\]: tls requires south\.tls\.clientCa/],
    [
      'tls: { key: client.key, cert: client.pem }, auth: { accept: [tls] }',
      /^3: south\.auth\.accept\[0\]: tls requires/,
    ],
    [
      'auth: { certificate: { from: subjectCN, pattern: "(" } }',
      /^3: south\.auth\.certificate\.pattern: must be text with/,
    ],
    ['auth: { certificate: { from: subjectCN, pattern: "{devId}{devId}" } }', /pattern: must have \{devId\} once$/],
    ['trustProxy: [10.0.0.1, balancer]', /^3: south\.trustProxy\[1\]: must be an IP address, or a network/],
    ['trustProxy: [10.0.0.0/33]', /^3: south\.trustProxy\[0\]: must be an IP address, or a network/],
    ['trustProxy: ["::/x"]', /^3: south\.trustProxy\[0\]: must be an IP address, or a network/],
  ] as const)('a south setting is refused with line and key: %s', (text, expected) => {
    expect(problemsOf(`${MINIMAL}south: { ${text} }`)).toEqual([expect.stringMatching(expected)]);
  });
});
