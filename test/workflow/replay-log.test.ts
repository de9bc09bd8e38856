/** Large answers in the log of a command: kept as text, given back as they were. */
import { describe, expect, it } from 'vitest';
import { isLogged, logged, unlogged } from '../../src/workflow/replay-log.ts';
import type { WorkflowResult } from '../../src/workflow/workflow.ts';

const device = (data: string): WorkflowResult => ({
  kind: 'device',
  outcomes: [{ id: 'd1', status: 200, itemStatuses: [], statusItems: [], results: [{ source: './A', data }] }],
});
const LARGE = device('x'.repeat(10_000));

describe('an answer in a log', () => {
  it('stays a value when it is small', () => {
    expect(logged(device('x'))).toEqual(device('x'));
  });

  it('is one text when it is large', () => {
    const kept = logged(LARGE);
    expect(kept).toEqual({ kind: 'packed', of: 'device', json: JSON.stringify(LARGE) });
    expect(unlogged(JSON.parse(JSON.stringify(kept)))).toEqual(LARGE);
  });

  it('stays a value when its kind tells something by itself', () => {
    const roots: WorkflowResult = {
      kind: 'roots',
      discovered: { roots: [{ locUri: `./${'x'.repeat(10_000)}`, type: '' }] },
    };
    expect(logged(roots)).toBe(roots);
  });

  it('is known by its kind either way', () => {
    expect([device('x'), LARGE].map((answer) => isLogged(logged(answer), 'device'))).toEqual([true, true]);
    expect([device('x'), LARGE].map((answer) => isLogged(logged(answer), 'recall'))).toEqual([false, false]);
  });
});
