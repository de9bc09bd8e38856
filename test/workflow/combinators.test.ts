/** Procedures side by side: what they share with the device, and what follows when there is too much for one round. */
import { describe, expect, it } from 'vitest';
import type { CommandOutcome } from '../../src/dm1/session-model.ts';
import { all } from '../../src/workflow/combinators.ts';
import { readOnDevice, type Workflow, type WorkflowRequest, type WorkflowResult } from '../../src/workflow/workflow.ts';

function* reader(locUri: string): Workflow<string> {
  const [outcome] = yield* readOnDevice([{ name: 'Get', items: [{ target: `${locUri}?list=Struct` }] }]);
  return outcome?.results[0]?.data ?? '';
}

/** Runs to the end, answering each Get with its target; every ask is kept. */
function run<T>(procedure: Workflow<T>): {
  readonly result: T;
  readonly asks: Extract<WorkflowRequest, { kind: 'device' }>[];
} {
  const asks: Extract<WorkflowRequest, { kind: 'device' }>[] = [];
  let step = procedure.next();
  while (step.done !== true) {
    const ask = step.value;
    if (ask.kind !== 'device') throw new Error(`unexpected: ${ask.kind}`);
    asks.push(ask);
    const outcomes = ask.commands.map(({ items }, at): CommandOutcome => {
      const data = items[0]?.target ?? '';
      return { id: `d${at}`, status: 200, itemStatuses: [], statusItems: [], results: [{ data }] };
    });
    const answer: WorkflowResult = { kind: 'device', outcomes };
    step = procedure.next(answer);
  }
  return { result: step.value, asks };
}

const places = (count: number) => Array.from({ length: count }, (_, at) => `./A/B/n${at}`);

describe('reads side by side', () => {
  it.each([
    [1, [1]],
    [2, [2]],
    [256, [256]],
    [257, [256, 1]],
    [600, [256, 256, 88]],
  ])('%i go out in rounds of %j, and everyone gets his own answer', (count, rounds) => {
    const { result, asks } = run(all(places(count).map(reader)));
    expect(asks.map(({ commands }) => commands.length)).toEqual(rounds);
    expect(result).toEqual(places(count).map((place) => `${place}?list=Struct`));
  });

  it('inside each other they share the rounds, too', () => {
    const halves = [places(200), places(200)].map((half) => all(half.map(reader)));
    const { asks } = run(all(halves));
    expect(asks.map(({ commands }) => commands.length)).toEqual([200, 200]);
  });

  it('one that wants more than a round has it for itself', () => {
    function* large(): Workflow<number> {
      const targets = places(300).map((target) => ({ name: 'Get' as const, items: [{ target }] }));
      return (yield* readOnDevice(targets)).length;
    }
    const { asks, result } = run(all([large(), large()]));
    expect(asks.map(({ commands }) => commands.length)).toEqual([300, 300]);
    expect(result).toEqual([300, 300]);
  });

  it('what is held back is announced as what may be read: nothing may change it meanwhile', () => {
    const { asks } = run(all(places(300).map(reader)));
    expect(asks.map(({ mayRead }) => mayRead)).toEqual([[{ locUri: './A/B', change: 'structure' }], []]);
  });

  it('of one place held back that place is announced, of places far from each other the root', () => {
    const one = run(all(places(257).map(reader)));
    expect(one.asks[0]?.mayRead).toEqual([{ locUri: './A/B/n256', change: 'structure' }]);
    const two = run(all([...places(256), './C', './D/E'].map(reader)));
    expect(two.asks[0]?.mayRead).toEqual([{ locUri: '.', change: 'structure' }]);
  });

  it('writes that are held back are announced as such', () => {
    function* writer(locUri: string): Workflow<void> {
      const writes = [{ locUri, change: 'value' as const }];
      yield {
        kind: 'device',
        commands: [{ name: 'Replace', items: [{ target: locUri }] }],
        writes,
        willWrite: [],
        mayRead: [],
      };
    }
    const { asks } = run(all(places(257).map(writer)));
    expect(asks[0]?.willWrite).toEqual([{ locUri: './A/B/n256', change: 'value' }]);
    expect(asks.map(({ writes }) => writes.length)).toEqual([256, 1]);
  });
});
