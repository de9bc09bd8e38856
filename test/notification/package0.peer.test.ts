/** A million mutated Package#0s: each is read as written or refused, and nothing else is thrown. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { isDigestRight, parsePackage0 } from '../../src/notification/package0.ts';
import { writePackage0 } from '../../src/testbed/backend/package0.ts';

const SECRET = { secret: Buffer.from('s3cret'), data: Buffer.from('data') };
const RUNS = 1_000_000;

test('a million mutated Package#0s are refused, unless the mutation left no digest to check', () => {
  const message = writePackage0(
    { serverId: 'DMS1', connections: [2, 1], notificationId: 7, timestamp: 1_700_000_000, requestMos: true },
    SECRET,
  );
  const mutations = fc.array(
    fc.tuple(fc.nat(message.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'double')),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(mutations, (changes) => {
      let bytes = Buffer.from(message);
      for (const [at, value, kind] of changes) {
        if (kind === 'set' && at < bytes.length) bytes[at] = value;
        else if (kind === 'cut') bytes = Buffer.from(bytes.subarray(0, at));
        else if (kind === 'double') bytes = Buffer.concat([bytes.subarray(0, at), bytes]);
      }
      try {
        const { digest } = parsePackage0(bytes);
        const isRight = digest !== undefined && isDigestRight(bytes, digest, SECRET);
        expect(isRight).toBe(bytes.equals(message));
      } catch (error) {
        if (!(error instanceof DecodeError) || error.code !== 'ERR_NOTIFICATION_FORM') throw error;
      }
    }),
    { numRuns: RUNS },
  );
});
