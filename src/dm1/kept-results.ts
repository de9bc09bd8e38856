/**
 * Results of one command that come in many messages: what came before the last message is kept as blocks of JSON text.
 *
 * A session is stored after every message. Blocks are few and large, and each is rewritten no more often than the logarithm
 * of their number, so that a listing of thousands of nodes costs its size, not its size times its messages.
 */
import type { PlainItem } from './plain-item.ts';
import type { OutstandingCommand } from './server-command.ts';
import { appendBlock } from './text-blocks.ts';

type Kept = Pick<OutstandingCommand, 'results' | 'earlier'>;

/** The Results when another message begins; one Item stays as it is, which shows that there are Results. */
export function packResults({ results, earlier = [] }: Kept): Kept {
  const items = results.slice(0, -1);
  if (items.length === 0) return earlier.length === 0 ? { results } : { results, earlier };
  const text = JSON.stringify(items).slice(1, -1);
  return { results: results.slice(-1), earlier: appendBlock(earlier, text, ',') };
}

/** All Results, in the order in which they came. */
export function allResults({ results, earlier }: Kept): readonly PlainItem[] {
  if (earlier === undefined) return results;
  const items: readonly PlainItem[] = JSON.parse(`[${earlier.join(',')}]`);
  return [...items, ...results];
}
