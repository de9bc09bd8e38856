/** Large results are text in a stored replay log, and come back as they were. */
import { describe, expect, test, vi } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { recordedResult, recordResult, storedLog } from '../../src/workflow/replay-log.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';

const device = (data: string): WorkflowResult => ({
  kind: 'device',
  outcomes: [{ id: 'd1', status: 200, itemStatuses: [], statusItems: [], results: [{ source: './A', data }] }],
});
const LARGE = device('x'.repeat(10_000));

describe('a recorded result', () => {
  test('a small result is recorded and stored as a value', () => {
    const log = [recordResult('f', device('x'))];
    expect(log).toEqual([{ kind: 'device', fingerprint: 'f', result: device('x') }]);
    expect(storedLog(log)).toBe(log);
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
  ])('a large result is stored as one text: %s', (_, result) => {
    const recorded = recordResult('f', result);
    const [stored] = storedLog([recorded]);
    expect(stored).toEqual({ kind: result.kind, fingerprint: 'f', result: { json: JSON.stringify(result) } });
    expect(stored && recordedResult(JSON.parse(JSON.stringify(stored)))).toEqual(result);
    expect(recordedResult(recorded)).toBe(result);
  });

  test('the text of a large result is made once, however often its log is stored and grows', () => {
    const log = [recordResult('f', LARGE)];
    const stringify = vi.spyOn(JSON, 'stringify');
    const first = storedLog(log);
    expect(storedLog(log)).toBe(first);
    expect(storedLog([...log, recordResult('g', device('x'))])[0]).toBe(first[0]);
    expect(stringify).toHaveBeenCalledTimes(1);
    stringify.mockRestore();
  });

  test('a result whose content the executor reads is stored as a value in any size', () => {
    const result: WorkflowResult = {
      kind: 'discovered',
      discovered: { roots: [{ locUri: parseLocUri(`./${'x'.repeat(10_000)}`), type: '' }] },
    };
    expect(storedLog([recordResult('f', result)])[0]?.result).toBe(result);
  });
});
