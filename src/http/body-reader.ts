/**
 * Reads the body of a request up to a limit.
 *
 * A longer body is read and discarded, within bounds, because a client that is still sending does not read the response.
 */
import type { IncomingMessage } from 'node:http';

/** `incomplete`: the client disconnected or was too slow, so there is no one to respond to. */
export type BodyReading =
  | { readonly kind: 'complete'; readonly body: Uint8Array }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'incomplete' };

/** A body that is too large is discarded up to this many times the limit; then reading stops. */
const MAX_DISCARDED_FACTOR = 8;

/** Reads the body of `request`, of at most `limit` bytes. */
export function readBody(request: IncomingMessage, limit: number): Promise<BodyReading> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      if (length > limit * MAX_DISCARDED_FACTOR) {
        request.pause();
        resolve({ kind: 'tooLarge' });
      }
    });
    request.on('end', () => {
      resolve(length > limit ? { kind: 'tooLarge' } : { kind: 'complete', body: join(chunks, length) });
    });
    request.on('close', () => resolve({ kind: 'incomplete' }));
    request.on('error', () => resolve({ kind: 'incomplete' }));
  });
}

/** Most bodies arrive in one chunk, which needs no copy. */
function join(chunks: readonly Buffer[], length: number): Uint8Array {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}
