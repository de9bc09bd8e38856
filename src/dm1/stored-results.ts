/**
 * Results of one command that come in many messages: those of earlier messages are stored as blocks of JSON text.
 *
 * A session is stored after every message. There are few, large blocks, and each is rewritten at most as often as the
 * logarithm of their number. So a listing of thousands of nodes costs its size, not its size times its messages.
 */
import type { PlainItem } from './plain-item.ts';
import type { OutstandingCommand } from './server-command.ts';
import { appendBlock } from './text-blocks.ts';

type StoredResults = Pick<OutstandingCommand, 'results' | 'earlierResults'>;

/**
 * Packs the Results before another message is read. The last Item stays outside the blocks: it shows that there are
 * Results.
 */
export function packResults({ results, earlierResults }: StoredResults): StoredResults {
  if (results.length < 2) return { results, earlierResults };
  const text = JSON.stringify(results.slice(0, -1)).slice(1, -1);
  return { results: results.slice(-1), earlierResults: appendBlock(earlierResults ?? [], text, ',') };
}

/** All Results, in the order in which they came. */
export function allResults({ results, earlierResults }: StoredResults): readonly PlainItem[] {
  if (earlierResults === undefined) return results;
  const items: readonly PlainItem[] = JSON.parse(`[${earlierResults.join(',')}]`);
  return [...items, ...results];
}
