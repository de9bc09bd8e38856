/** workflows side by side: what they share with the device, and what follows when there is too much for one round. */
import { describe, expect, it } from 'vitest';
import type { CommandOutcome } from '../../src/dm1/server-command.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { all } from '../../src/workflow/combinators.ts';
import type { WorkflowRequest } from '../../src/workflow/request.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';
import { readOnDevice, type Workflow } from '../../src/workflow/workflow.ts';

function* reader(locUri: string): Workflow<string> {
  const [outcome] = yield* readOnDevice([{ name: 'Get', items: [{ target: `${locUri}?list=Struct` }] }]);
  return outcome?.results[0]?.data ?? '';
}

/** Runs to the end, answering each Get with its target; every request is kept. */
function run<T>(workflow: Workflow<T>): {
  readonly result: T;
  readonly requests: Extract<WorkflowRequest, { kind: 'device' }>[];
} {
  const requests: Extract<WorkflowRequest, { kind: 'device' }>[] = [];
  let step = workflow.next();
  while (step.done !== true) {
    const request = step.value;
    if (request.kind !== 'device') throw new Error(`unexpected: ${request.kind}`);
    requests.push(request);
    const outcomes = request.commands.map(({ items }, at): CommandOutcome => {
      const data = items[0]?.target ?? '';
      return { id: `d${at}`, status: 200, itemStatuses: [], statusItems: [], results: [{ data }] };
    });
    const answer: WorkflowResult = { kind: 'device', outcomes };
    step = workflow.next(answer);
  }
  return { result: step.value, requests };
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
    const { result, requests } = run(all(places(count).map(reader)));
    expect(requests.map(({ commands }) => commands.length)).toEqual(rounds);
    expect(result).toEqual(places(count).map((place) => `${place}?list=Struct`));
  });

  it('inside each other they share the rounds, too', () => {
    const halves = [places(200), places(200)].map((half) => all(half.map(reader)));
    const { requests } = run(all(halves));
    expect(requests.map(({ commands }) => commands.length)).toEqual([200, 200]);
  });

  it('one that wants more than a round has it for itself', () => {
    function* large(): Workflow<number> {
      const targets = places(300).map((target) => ({ name: 'Get' as const, items: [{ target }] }));
      return (yield* readOnDevice(targets)).length;
    }
    const { requests, result } = run(all([large(), large()]));
    expect(requests.map(({ commands }) => commands.length)).toEqual([300, 300]);
    expect(result).toEqual([300, 300]);
  });

  it('what is held back is announced as what may be read: nothing may change it meanwhile', () => {
    const { requests } = run(all(places(300).map(reader)));
    expect(requests.map(({ mayRead }) => mayRead)).toEqual([[{ locUri: './A/B', change: 'structure' }], []]);
  });

  it('of one place held back that place is announced, of places far from each other the root', () => {
    const one = run(all(places(257).map(reader)));
    expect(one.requests[0]?.mayRead).toEqual([{ locUri: './A/B/n256', change: 'structure' }]);
    const two = run(all([...places(256), './C', './D/E'].map(reader)));
    expect(two.requests[0]?.mayRead).toEqual([{ locUri: '.', change: 'structure' }]);
  });

  it('writes that are held back are announced as such', () => {
    function* writer(locUri: string): Workflow<void> {
      const writes = [{ locUri: parseLocUri(locUri), change: 'value' as const }];
      yield {
        kind: 'device',
        commands: [{ name: 'Replace', items: [{ target: locUri }] }],
        writes,
        willWrite: [],
        mayRead: [],
      };
    }
    const { requests } = run(all(places(257).map(writer)));
    expect(requests[0]?.willWrite).toEqual([{ locUri: './A/B/n256', change: 'value' }]);
    expect(requests.map(({ writes }) => writes.length)).toEqual([256, 1]);
  });
});
