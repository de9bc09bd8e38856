/**
 * The replay log of a workflow: the results that it was given.
 *
 * A session is stored after every message, and the outcomes of thousands of nodes stay in a log until the command is
 * done. A large result is recorded as JSON text: a store writes a large text once, and does not parse it.
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import type { WorkflowResult } from './result.ts';

export type RecordedResult =
  | WorkflowResult
  | { readonly kind: 'serialized'; readonly of: WorkflowResult['kind']; readonly json: string };

/** Characters of JSON above which a result is serialized. */
const MAX_PLAIN_LENGTH = 8 * 1024;

/** The length of one item's or one node's JSON, without its data, roughly. */
const LENGTH_OF_ITEM = 128;

/** The result in the form that the log keeps. */
export function recordResult(result: WorkflowResult): RecordedResult {
  if (!mayBeLarge(result)) return result;
  const json = JSON.stringify(result);
  return json.length <= MAX_PLAIN_LENGTH ? result : { kind: 'serialized', of: result.kind, json };
}

/** An estimate that serializes nothing, because most results are small. */
function mayBeLarge(result: WorkflowResult): boolean {
  switch (result.kind) {
    case 'device': {
      const length = result.outcomes.reduce((sum, { results }) => results.reduce(addItem, sum + LENGTH_OF_ITEM), 0);
      return length > MAX_PLAIN_LENGTH / 4;
    }
    case 'knownTrees':
      return (
        result.trees.length > MAX_PLAIN_LENGTH / LENGTH_OF_ITEM || result.trees.some(({ state }) => state === 'present')
      );
    case 'cacheEntry':
      return result.entry !== undefined;
    default:
      return false;
  }
}

function addItem(sum: number, { data = '' }: PlainItem): number {
  return sum + LENGTH_OF_ITEM + data.length;
}

/** The result as the workflow got it. */
export function recordedResult(recorded: RecordedResult): WorkflowResult {
  if (recorded.kind !== 'serialized') return recorded;
  const result: WorkflowResult = JSON.parse(recorded.json);
  return result;
}

/** The kind of the recorded result. */
export function recordedKind(recorded: RecordedResult): WorkflowResult['kind'] {
  return recorded.kind === 'serialized' ? recorded.of : recorded.kind;
}
