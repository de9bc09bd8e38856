/**
 * Reads a request's body up to a limit. What is longer is read to its end and dropped, within bounds, because a client
 * that is still sending does not see an answer.
 */
import type { IncomingMessage } from 'node:http';

/** `incomplete`: the client went away or was too slow; nobody is left to be answered. */
export type BodyReading =
  | { readonly kind: 'complete'; readonly body: Uint8Array }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'incomplete' };

/** Of a body that is too large, this many times the limit is read and dropped; then the connection is given up. */
const DRAIN_FACTOR = 8;

/** Collects the body of `request`, of at most `limit` bytes. */
export function readBody(request: IncomingMessage, limit: number): Promise<BodyReading> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        if (length > limit * DRAIN_FACTOR) {
          request.pause();
          resolve({ kind: 'tooLarge' });
        }
      }
    });
    request.on('end', () =>
      resolve(length > limit ? { kind: 'tooLarge' } : { kind: 'complete', body: joined(chunks, length) }),
    );
    request.on('close', () => resolve({ kind: 'incomplete' }));
    request.on('error', () => resolve({ kind: 'incomplete' }));
  });
}

/** Most bodies come in one piece, which needs no copy. */
function joined(chunks: readonly Buffer[], length: number): Uint8Array {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}
