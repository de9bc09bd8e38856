/**
 * Procedures made of procedures: side by side, so that their reads share round trips, or as what prepares a write.
 *
 * All of them only pass asks and answers on, so that a replay of the whole replays the parts.
 */
import type { CommandOutcome } from '../dm1/session-model.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import {
  type CommandDraft,
  expectResult,
  type Workflow,
  type WorkflowRequest,
  type WorkflowResult,
} from './workflow.ts';

interface Branch<T> {
  readonly procedure: Workflow<T>;
  step: IteratorResult<WorkflowRequest, T>;
}

type DeviceAsk = Extract<WorkflowRequest, { readonly kind: 'device' }>;

/** Commands of one round trip: whatever is unanswered is stored anew with every message of the device. */
const ROUND = 256;

/**
 * Runs procedures side by side: what they want of the device goes out together, so that independent reads share a
 * round trip. Everything else is asked one after the other, in order.
 */
export function* all<T>(procedures: readonly Workflow<T>[]): Workflow<readonly T[]> {
  const [only] = procedures;
  if (only !== undefined && procedures.length === 1) return [yield* only];
  const branches: Branch<T>[] = [];
  for (const procedure of procedures) branches.push({ procedure, step: procedure.next() });
  for (;;) {
    const waiting: { branch: Branch<T>; ask: DeviceAsk }[] = [];
    for (const branch of branches) {
      while (branch.step.done !== true) {
        const ask = branch.step.value;
        if (ask.kind === 'device') {
          waiting.push({ branch, ask });
          break;
        }
        branch.step = branch.procedure.next(yield ask);
      }
    }
    if (waiting.length === 0) break;
    const asks = waiting.map(({ ask }) => ask);
    const count = roundOf(asks);
    const { outcomes } = expectResult(yield mergeAsks(asks.slice(0, count), asks.slice(count)), 'device');
    let from = 0;
    for (const { branch, ask } of waiting.slice(0, count)) {
      const part = outcomes.slice(from, from + ask.commands.length);
      from += ask.commands.length;
      branch.step = branch.procedure.next({ kind: 'device', outcomes: part });
    }
  }
  return branches.map(({ step }) => {
    if (step.done !== true) throw new TypeError('a branch has not ended');
    return step.value;
  });
}

/** How many of the asks go out together: at least one, and no more commands than are worth carrying along unanswered. */
function roundOf(asks: readonly DeviceAsk[]): number {
  let room = ROUND;
  const end = asks.findIndex(({ commands }) => {
    room -= commands.length;
    return room < 0;
  });
  return end < 0 ? asks.length : Math.max(1, end);
}

/** One ask of those that go out now; `held` are those that follow when they are answered. */
function mergeAsks(asks: readonly DeviceAsk[], held: readonly DeviceAsk[]): WorkflowRequest {
  return {
    kind: 'device',
    commands: asks.flatMap((ask) => ask.commands),
    writes: asks.flatMap((ask) => ask.writes),
    willWrite: [...asks.flatMap((ask) => ask.willWrite), ...held.flatMap((ask) => [...ask.writes, ...ask.willWrite])],
    mayRead: [...asks.flatMap((ask) => ask.mayRead), ...placeOf(held)],
  };
}

/** Where all of them read, as one place: thousands would be no small thing to carry along. */
function placeOf(held: readonly DeviceAsk[]): readonly TreeChange[] {
  const places = held.flatMap(({ commands, mayRead }) => [
    ...commands.flatMap(({ items }) => items.flatMap(({ target }) => target?.split('?')[0] ?? [])),
    ...mayRead.map(({ locUri }) => locUri),
  ]);
  const [first, ...others] = places.map((place) => place.split('/'));
  if (first === undefined) return [];
  const names = others.reduce<readonly string[]>((common, place) => {
    const end = common.findIndex((name, at) => place[at] !== name);
    return end < 0 ? common : common.slice(0, end);
  }, first);
  return [{ locUri: names.length === 0 ? '.' : names.join('/'), change: 'structure' }];
}

/** Gives every device ask of `procedure` the regions that it will write later: its reads prepare a write. */
export function preparing<T>(procedure: Workflow<T>, willWrite: readonly TreeChange[]): Workflow<T> {
  return withAsks(procedure, (ask) => toPrepare(ask, willWrite));
}

/** Gives every device ask of `procedure` the regions that are read after it: nothing behind may change them before. */
export function beforeReading<T>(procedure: Workflow<T>, mayRead: readonly TreeChange[]): Workflow<T> {
  return withAsks(procedure, (ask) =>
    ask.kind === 'device' ? { ...ask, mayRead: [...ask.mayRead, ...mayRead] } : ask,
  );
}

/** What the procedure comes to, and whether everything that the device said to its commands is an answer. */
export function* heeding<T>(
  procedure: Workflow<T>,
  isAnswer: (command: CommandDraft, outcome: CommandOutcome) => boolean,
): Workflow<{ readonly result: T; readonly isAnswered: boolean }> {
  let isAnswered = true;
  let step = procedure.next();
  while (step.done !== true) {
    const ask = step.value;
    const answer: WorkflowResult = yield ask;
    if (ask.kind === 'device' && answer.kind === 'device') {
      const { outcomes } = answer;
      isAnswered &&= ask.commands.every((command, at) => outcomes[at] !== undefined && isAnswer(command, outcomes[at]));
    }
    step = procedure.next(answer);
  }
  return { result: step.value, isAnswered };
}

/** The procedure, with every ask changed on its way out. */
function* withAsks<T>(procedure: Workflow<T>, change: (ask: WorkflowRequest) => WorkflowRequest): Workflow<T> {
  let step = procedure.next();
  while (step.done !== true) {
    const answer: WorkflowResult = yield change(step.value);
    step = procedure.next(answer);
  }
  return step.value;
}

/** A copy that only a policy calls current may be good enough for a reader; a write rests on what is there. */
function toPrepare(ask: WorkflowRequest, willWrite: readonly TreeChange[]): WorkflowRequest {
  if (ask.kind === 'copy') {
    const { policy: _, ...confirmed } = ask;
    return confirmed;
  }
  return ask.kind === 'device' ? { ...ask, willWrite: [...ask.willWrite, ...willWrite] } : ask;
}
