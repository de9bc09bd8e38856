/** Waits for events that Node and undici publish about the HTTP requests of this process. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Waits until something is published on a channel of `node:diagnostics_channel`. */
export async function untilPublished(channel: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const published = () => resolve();
  subscribe(channel, published);
  await promise;
  unsubscribe(channel, published);
}
