/**
 * Results of one command that come in many messages: those of earlier messages are stored as blocks of JSON text.
 *
 * A session is stored after every message. There are few, large blocks, and each is rewritten at most as often as the
 * logarithm of their number. So a listing of thousands of nodes costs its size, not its size times its messages.
 */
import type { PlainItem } from './plain-item.ts';
import type { OutstandingCommand } from './server-command.ts';
import { appendBlock } from './text-blocks.ts';

/** Items in the process that has read them; another one reads the text. They take up as much memory as their messages. */
interface ReadItems {
  /** Of the last message. */
  readonly items: readonly PlainItem[];
  readonly before: ReadItems | undefined;
}

/** By their blocks. */
const readItems = new WeakMap<readonly string[], ReadItems>();

type StoredResults = Pick<OutstandingCommand, 'results' | 'earlierResults'>;

/**
 * Packs the Results before another message is read. The last Item stays outside the blocks: it shows that there are
 * Results.
 */
export function packResults({ results, earlierResults }: StoredResults): StoredResults {
  if (results.length < 2) return { results, earlierResults };
  const earlier = results.slice(0, -1);
  const text = JSON.stringify(earlier).slice(1, -1);
  const blocks = appendBlock(earlierResults ?? [], text, ',');
  const before = earlierResults === undefined ? undefined : readItems.get(earlierResults);
  if (earlierResults === undefined || before !== undefined) readItems.set(blocks, { items: earlier, before });
  return { results: results.slice(-1), earlierResults: blocks };
}

/** All Results, in the order in which they came. */
export function allResults({ results, earlierResults }: StoredResults): readonly PlainItem[] {
  if (earlierResults === undefined) return results;
  const earlier: (readonly PlainItem[])[] = [];
  for (let part = readItems.get(earlierResults); part !== undefined; part = part.before) earlier.push(part.items);
  if (earlier.length > 0) return [...earlier.reverse().flat(), ...results];
  const items: readonly PlainItem[] = JSON.parse(`[${earlierResults.join(',')}]`);
  return [...items, ...results];
}
