/** Large answers in the log of a command: kept as text, given back as they were. */
import { describe, expect, it } from 'vitest';
import { recordedKind, recordedResult, recordResult } from '../../src/workflow/replay-log.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';

const device = (data: string): WorkflowResult => ({
  kind: 'device',
  outcomes: [{ id: 'd1', status: 200, itemStatuses: [], statusItems: [], results: [{ source: './A', data }] }],
});
const LARGE = device('x'.repeat(10_000));

describe('an answer in a log', () => {
  it('stays a value when it is small', () => {
    expect(recordResult(device('x'))).toEqual(device('x'));
  });

  it('is one text when it is large', () => {
    const kept = recordResult(LARGE);
    expect(kept).toEqual({ kind: 'serialized', of: 'device', json: JSON.stringify(LARGE) });
    expect(recordedResult(JSON.parse(JSON.stringify(kept)))).toEqual(LARGE);
  });

  it('stays a value when its kind tells something by itself', () => {
    const roots: WorkflowResult = {
      kind: 'discovered',
      discovered: { roots: [{ locUri: `./${'x'.repeat(10_000)}`, type: '' }] },
    };
    expect(recordResult(roots)).toBe(roots);
  });

  it('is known by its kind either way', () => {
    expect([device('x'), LARGE].map((answer) => recordedKind(recordResult(answer)))).toEqual(['device', 'device']);
  });
});
