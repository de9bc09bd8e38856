/** The hashes of the authentication schemes against published values, and base64 as devices write it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { credentialForms, digest, equalBase64, parseBase64 } from '../../src/dm1/digest.ts';
import { BRUCE, DEVICE, DEVICE_NONCE } from './accounts.ts';

describe('stored forms and digests', () => {
  test('the MD5 digest has the value of the example (DM-1.3 §9.4.2)', () => {
    expect(BRUCE.md5).toBe('PtEdr8lBQ45IbT1bZIkrOQ==');
    expect(digest('md5', BRUCE.md5, Buffer.from('Nonce'))).toBe('Zz6EivR3yeaaENcRN6lpAQ==');
  });

  test('the MD5 digest takes a nonce outside ASCII, and the text of its base64', () => {
    expect(DEVICE.md5).toBe('6v6tdVeRdP/VimmCtND9ow==');
    expect(digest('md5', DEVICE.md5, DEVICE_NONCE)).toBe('Gc+90m5lXa4zHthTSm3Ydg==');
    expect(digest('md5', DEVICE.md5, Buffer.from('ABEiM0RVZneImaq7zN3u/w=='))).toBe('jVpjE+BxU3p1SKwuMGOsAA==');
  });

  test('the SHA-256 digest is built like that of MD5', () => {
    expect(DEVICE.sha256).toBe('AH4msU3nQ0avFuA9+yaoM33kibMf29kx/xzqzQa8A4M=');
    expect(digest('sha256', DEVICE.sha256, DEVICE_NONCE)).toBe('/jUdFuoz+avEX7svpwXcZg6wu9OqvbC+LeSncxwtCtA=');
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

  test('users and passwords that differ have forms that differ', () => {
    const { user: _, ...forms } = credentialForms('Bruce2', 'OhBehave!');
    for (const form of Object.values(forms)) expect(Object.values(BRUCE)).not.toContain(form);
  });
});

describe('base64', () => {
  test.for([
    ['', []],
    ['AQ==', [1]],
    ['AQ', [1]],
    [' AQ\r\nID\t', [1, 2, 3]],
  ] as const)('"%s" is read as bytes', ([text, bytes]) => {
    expect([...(parseBase64(text) ?? ['unread'])]).toEqual(bytes);
  });

  test.for(['A', 'AQ=B', 'A-_B', 'AQ===', 'ä', 'AAAAA'])('"%s" is not base64', (text) => {
    expect(parseBase64(text)).toBeUndefined();
  });

  test('two texts are equal when their bytes are; a text that is not base64 equals nothing', () => {
    expect(equalBase64('AQ==', 'AQ')).toBe(true);
    expect(equalBase64('AQ==', 'Ag==')).toBe(false);
    expect(equalBase64('AQ==', 'AQI=')).toBe(false);
    expect(equalBase64('*', '*')).toBe(false);
  });
});
