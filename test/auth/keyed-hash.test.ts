/** The keyed hash of nonces is HMAC with SHA-256, whichever key was used before. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyedHash } from '../../src/auth/keyed-hash.ts';

test('each key hashes each text as HMAC does', () => {
  const keys = fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(keys, fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }), (all, texts) => {
      for (const text of texts) {
        for (const key of all) {
          expect(keyedHash(key, text).equals(createHmac('sha256', key).update(text).digest())).toBe(true);
        }
      }
    }),
  );
});
