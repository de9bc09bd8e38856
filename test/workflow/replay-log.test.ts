/** Large results are text in a replay log, and come back as they were. */
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { recordedResult, recordResult } from '../../src/workflow/replay-log.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';

const device = (data: string): WorkflowResult => ({
  kind: 'device',
  outcomes: [{ id: 'd1', status: 200, itemStatuses: [], statusItems: [], results: [{ source: './A', data }] }],
});
const LARGE = device('x'.repeat(10_000));

describe('a recorded result', () => {
  test('a small result is recorded as a value', () => {
    expect(recordResult('f', device('x'))).toEqual({ kind: 'device', fingerprint: 'f', result: device('x') });
  });

  test.each<[string, WorkflowResult]>([
    ['outcomes of the device', LARGE],
    [
      'a known tree',
      {
        kind: 'knownTrees',
        trees: [{ state: 'present', tree: { name: 'A', format: 'chr', value: 'x'.repeat(10_000) } }],
        facts: {},
        version: '1.2',
      },
    ],
    [
      'a cache entry',
      {
        kind: 'cacheEntry',
        entry: { validator: 'v', value: { name: 'A', format: 'chr', value: 'x'.repeat(10_000) } },
      },
    ],
  ])('a large result is recorded as one text: %s', (_, result) => {
    const recorded = recordResult('f', result);
    expect(recorded).toEqual({ kind: result.kind, fingerprint: 'f', result: { json: JSON.stringify(result) } });
    expect(recordedResult(JSON.parse(JSON.stringify(recorded)))).toEqual(result);
  });

  test('a result whose content the executor reads is recorded as a value in any size', () => {
    const result: WorkflowResult = {
      kind: 'discovered',
      discovered: { roots: [{ locUri: parseLocUri(`./${'x'.repeat(10_000)}`), type: '' }] },
    };
    expect(recordResult('f', result).result).toBe(result);
  });
});
