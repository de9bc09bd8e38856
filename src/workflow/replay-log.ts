/**
 * The replay log of a workflow: its requests, as fingerprints, with their results.
 *
 * A session is stored after every message, and the outcomes of thousands of nodes stay in a log until the command is
 * done. A large result is stored as JSON text: a store writes a large text once, and does not parse it. Most workflows end
 * before their session is stored, so the text is made when it is.
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import type { WorkflowRequest } from './request.ts';
import type { WorkflowResult } from './result.ts';

export interface ReplayLogEntry {
  readonly kind: WorkflowRequest['kind'];
  /** Of the request: `fingerprint.ts`. */
  readonly fingerprint: string;
  readonly result: WorkflowResult | { readonly json: string };
}

/** Characters of JSON above which a result is stored as text. */
const MAX_VALUE_LENGTH = 8 * 1024;

/** The length of one item's or one node's JSON without its data, roughly. */
const LENGTH_OF_ITEM = 128;

export function recordResult(fingerprint: string, result: WorkflowResult): ReplayLogEntry {
  return { kind: result.kind, fingerprint, result };
}

/** The stored forms of logs; only those with a large result have one of their own. */
const storedLogs = new WeakMap<readonly ReplayLogEntry[], readonly ReplayLogEntry[]>();
const storedEntries = new WeakMap<ReplayLogEntry, ReplayLogEntry>();

/** The log as it is stored: itself when no result is large. The text of a result is made once. */
export function storedLog(log: readonly ReplayLogEntry[]): readonly ReplayLogEntry[] {
  if (log.length === 0) return log;
  const known = storedLogs.get(log);
  if (known !== undefined) return known;
  const entries = log.map(storedEntry);
  const stored = entries.every((entry, at) => entry === log[at]) ? log : entries;
  storedLogs.set(log, stored);
  return stored;
}

function storedEntry(entry: ReplayLogEntry): ReplayLogEntry {
  const { result } = entry;
  if (!('kind' in result) || !mayBeLarge(result)) return entry;
  const known = storedEntries.get(entry);
  if (known !== undefined) return known;
  const json = JSON.stringify(result);
  const stored = json.length <= MAX_VALUE_LENGTH ? entry : { ...entry, result: { json } };
  storedEntries.set(entry, stored);
  return stored;
}

/** An estimate that serializes nothing, because most results are small. */
function mayBeLarge(result: WorkflowResult): boolean {
  switch (result.kind) {
    case 'device': {
      const length = result.outcomes.reduce((sum, { results }) => results.reduce(addItem, sum + LENGTH_OF_ITEM), 0);
      return length > MAX_VALUE_LENGTH / 4;
    }
    case 'knownTrees':
      return (
        result.trees.length > MAX_VALUE_LENGTH / LENGTH_OF_ITEM || result.trees.some(({ state }) => state === 'present')
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
export function recordedResult({ result }: ReplayLogEntry): WorkflowResult {
  if ('kind' in result) return result;
  const parsed: WorkflowResult = JSON.parse(result.json);
  return parsed;
}
