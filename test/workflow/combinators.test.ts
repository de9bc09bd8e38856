/** Workflows made of workflows: what they request together, what they announce, and what they try again. */
import { describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../../src/dm1/server-command.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';
import { all, withLaterReads, withLaterWrites, withOutcomeCheck, withRetry } from '../../src/workflow/combinators.ts';
import type { DeviceRequest, WorkflowRequest } from '../../src/workflow/request.ts';
import type { WorkflowResult } from '../../src/workflow/result.ts';
import { readOnDevice, requestCacheEntry, requestDiscovered, type Workflow } from '../../src/workflow/workflow.ts';

function* reader(locUri: string): Workflow<string> {
  const [outcome] = yield* readOnDevice([{ name: 'Get', items: [{ target: `${locUri}?list=Struct` }] }]);
  return outcome?.results[0]?.data ?? '';
}

function outcomeOf(target: string, at: number, status = 200): CommandOutcome {
  return { id: `d${at}`, status, itemStatuses: [], statusItems: [], results: [{ data: target }] };
}

interface Played<T> {
  readonly value: T;
  readonly requests: readonly WorkflowRequest[];
  readonly deviceRequests: readonly DeviceRequest[];
}

/** Runs a workflow to its end. Each command gets its target as data, and the next of `statuses` or 200. */
function play<T>(workflow: Workflow<T>, statuses: readonly number[] = []): Played<T> {
  const requests: WorkflowRequest[] = [];
  const left = [...statuses];
  const resultOf = (request: WorkflowRequest): WorkflowResult => {
    switch (request.kind) {
      case 'device': {
        const targets = request.commands.map(({ items }) => items[0]?.target ?? '');
        return { kind: 'device', outcomes: targets.map((target, at) => outcomeOf(target, at, left.shift())) };
      }
      case 'discovered':
        return { kind: 'discovered' };
      case 'cacheEntry':
        return { kind: 'cacheEntry' };
      default:
        throw new Error(`unexpected: ${request.kind}`);
    }
  };
  let step = workflow.next();
  while (step.done !== true) {
    requests.push(step.value);
    step = workflow.next(resultOf(step.value));
  }
  const deviceRequests = requests.flatMap((request) => (request.kind === 'device' ? [request] : []));
  return { value: step.value, requests, deviceRequests };
}

const nodes = (count: number) => Array.from({ length: count }, (_, at) => `./A/B/n${at}`);
const sizes = ({ deviceRequests }: Played<unknown>) => deviceRequests.map(({ commands }) => commands.length);
const change = (locUri: string): TreeChange => ({ locUri: parseLocUri(locUri), change: 'value' });

describe('all', () => {
  test.each([
    [0, []],
    [1, [1]],
    [2, [2]],
    [256, [256]],
    [257, [256, 1]],
    [600, [256, 256, 88]],
  ])('%i reads take round trips of %j commands, and each read gets its own result', (count, expected) => {
    const played = play(all(nodes(count).map(reader)));
    expect(sizes(played)).toEqual(expected);
    expect(played.value).toEqual(nodes(count).map((node) => `${node}?list=Struct`));
  });

  test('nested reads share round trips', () => {
    const halves = [nodes(200), nodes(200)].map((half) => all(half.map(reader)));
    expect(sizes(play(all(halves)))).toEqual([200, 200]);
  });

  test('a workflow with more commands than the limit has a round trip of its own', () => {
    function* large(): Workflow<number> {
      const targets = nodes(300).map((target) => ({ name: 'Get' as const, items: [{ target }] }));
      return (yield* readOnDevice(targets)).length;
    }
    const played = play(all([large(), large()]));
    expect(sizes(played)).toEqual([300, 300]);
    expect(played.value).toEqual([300, 300]);
  });

  test('other requests are made one after the other, before the shared round trip', () => {
    function* informed(locUri: string): Workflow<string> {
      yield* requestDiscovered();
      return yield* reader(locUri);
    }
    const played = play(all(nodes(2).map(informed)));
    expect(played.requests.map(({ kind }) => kind)).toEqual(['discovered', 'discovered', 'device']);
  });

  test('no workflow runs before all earlier ones wait for the device, at its start and after each round trip', () => {
    const ran: string[] = [];
    function* twice(name: string): Workflow<void> {
      for (const part of ['1', '2']) {
        ran.push(`${name} begins ${part}`);
        yield* requestDiscovered();
        ran.push(`${name} knows ${part}`);
        yield* reader(`./${name}`);
      }
    }
    play(all(['A', 'B'].map(twice)));
    const round = (part: string) => ['A', 'B'].flatMap((name) => [`${name} begins ${part}`, `${name} knows ${part}`]);
    expect(ran).toEqual([...round('1'), ...round('2')]);
  });

  test('reads of a later round trip are announced, so that no other command changes their nodes before', () => {
    const { deviceRequests } = play(all(nodes(300).map(reader)));
    expect(deviceRequests.map(({ mayRead }) => mayRead)).toEqual([[{ locUri: './A/B', change: 'structure' }], []]);
  });

  test.each<[string, readonly string[], string]>([
    ['one later read is announced as its node', [], './A/B/n256'],
    ['later reads far from each other are announced as the whole tree', ['./C', './D/E'], '.'],
  ])('%s', (_, others, locUri) => {
    const { deviceRequests } = play(all([...nodes(others.length === 0 ? 257 : 256), ...others].map(reader)));
    expect(deviceRequests[0]?.mayRead).toEqual([{ locUri, change: 'structure' }]);
  });

  test('writes of a later round trip are announced as writes', () => {
    function* writer(locUri: string): Workflow<void> {
      const commands = [{ name: 'Replace' as const, items: [{ target: locUri }] }];
      yield { kind: 'device', commands, writes: [change(locUri)], willWrite: [], mayRead: [] };
    }
    const { deviceRequests } = play(all(nodes(257).map(writer)));
    expect(deviceRequests[0]?.willWrite).toEqual([change('./A/B/n256')]);
    expect(deviceRequests.map(({ writes }) => writes.length)).toEqual([256, 1]);
  });
});

describe('the announcement of later changes and reads', () => {
  function* twice(): Workflow<string> {
    yield* requestCacheEntry({ key: 'k', parts: [], of: 'values' }, { policy: 'static' });
    return (yield* reader('./A')) + (yield* reader('./B'));
  }

  test('withLaterWrites adds the changes to each device request, and takes no cache entry by policy', () => {
    const { value, requests, deviceRequests } = play(withLaterWrites(twice(), [change('./C')]));
    expect(value).toBe('./A?list=Struct./B?list=Struct');
    expect(deviceRequests.map(({ willWrite }) => willWrite)).toEqual([[change('./C')], [change('./C')]]);
    expect(requests[0]).toEqual({ kind: 'cacheEntry', key: 'k', parts: [], of: 'values' });
  });

  test('withLaterReads adds the places to each device request, and leaves the cache policy', () => {
    const { requests, deviceRequests } = play(withLaterReads(twice(), [change('./C')]));
    expect(deviceRequests.map(({ mayRead }) => mayRead)).toEqual([[change('./C')], [change('./C')]]);
    expect(requests[0]).toMatchObject({ policy: { policy: 'static' } });
  });
});

describe('withOutcomeCheck', () => {
  const isFound = (_: unknown, { status }: CommandOutcome) => status === 200;

  test.each<[string, readonly number[], boolean]>([
    ['all outcomes are accepted', [200, 200], true],
    ['the first outcome is not accepted', [404, 200], false],
    ['the last outcome is not accepted', [200, 404], false],
  ])('gives the value, and tells when %s', (_, statuses, allAccepted) => {
    const { value } = play(withOutcomeCheck(all(nodes(2).map(reader)), isFound), statuses);
    expect(value).toEqual({ value: nodes(2).map((node) => `${node}?list=Struct`), allAccepted });
  });
});

describe('withRetry', () => {
  const { status: table } = loadMappings();
  function* statuses(count: number): Workflow<readonly number[]> {
    const commands = nodes(count).map((target) => ({ name: 'Get' as const, items: [{ target }] }));
    return (yield* readOnDevice(commands)).map(({ status }) => status);
  }

  test('sends once more the commands that the device has not executed (215), and only them', () => {
    const played = play(withRetry(table, statuses(3)), [200, 215, 404, 201]);
    expect(played.value).toEqual([200, 201, 404]);
    expect(played.deviceRequests.map(({ commands }) => commands.map(({ items }) => items[0]?.target))).toEqual([
      nodes(3),
      ['./A/B/n1'],
    ]);
  });

  test('does not send a command a third time', () => {
    const played = play(withRetry(table, statuses(1)), [215, 215]);
    expect(played.value).toEqual([215]);
    expect(sizes(played)).toEqual([1, 1]);
  });

  test('sends nothing again when every command has its final status', () => {
    expect(sizes(play(withRetry(table, statuses(2)), [200, 500]))).toEqual([2]);
  });
});
