/** Reads the beginning of a body, within the bounds of all bodies; the request is paused when there is more. */
import type { IncomingMessage } from 'node:http';
import { type BegunBody, type BodyReaderOptions, MAX_UNAUTHENTICATED_BYTES } from './body-reader.ts';
import { monotonicNow } from './body-watch.ts';

export type Beginning =
  | { readonly kind: 'begun'; readonly body: BegunBody; readonly release: () => void }
  | { readonly kind: 'noRoom' }
  | { readonly kind: 'incomplete' };

/** Resolves when the body is whole, or longer than an unauthenticated sender may send. */
export function readBeginning(
  request: IncomingMessage,
  address: string | undefined,
  { held, watch }: Pick<BodyReaderOptions, 'held' | 'watch'>,
): Promise<Beginning> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let isOver = false;
    const watched = {
      received: 0,
      lastByteAt: monotonicNow(),
      end: () => {
        finish({ kind: 'incomplete' });
        request.destroy();
      },
    };
    const finish = (result: Beginning) => {
      if (isOver) return;
      isOver = true;
      watch.end(watched);
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('close', onClose);
      if (result.kind !== 'begun') holder.release();
      resolve(result);
    };
    const begun = (isWhole: boolean) =>
      finish({ kind: 'begun', body: { bytes: Buffer.concat(chunks), isWhole }, release: () => holder.release() });
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      watched.received += chunk.length;
      watched.lastByteAt = monotonicNow();
      holder.add(chunk.length);
      if (isOver || watched.received <= MAX_UNAUTHENTICATED_BYTES) return;
      request.pause();
      begun(false);
    };
    const onEnd = () => {
      holder.complete();
      begun(true);
    };
    const onClose = () => finish({ kind: 'incomplete' });
    const holder = held.open(address, () => finish({ kind: 'noRoom' }));
    watch.begin(watched);
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    request.on('error', onClose);
  });
}
