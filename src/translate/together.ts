/**
 * Procedures made of procedures: side by side, so that their reads share round trips, or as what prepares a write.
 *
 * Both only pass asks and answers on, so that a replay of the whole replays the parts.
 */
import { type Answer, type Ask, expectAnswer, type Procedure } from './procedure.ts';
import type { Region } from './regions.ts';

interface Branch<T> {
  readonly procedure: Procedure<T>;
  step: IteratorResult<Ask, T>;
}

/**
 * Runs procedures side by side: what they want of the device goes out together, so that independent reads share a
 * round trip. Everything else is asked one after the other, in order.
 */
export function* together<T>(procedures: readonly Procedure<T>[]): Procedure<readonly T[]> {
  const [only] = procedures;
  if (only !== undefined && procedures.length === 1) return [yield* only];
  const branches: Branch<T>[] = [];
  for (const procedure of procedures) branches.push({ procedure, step: procedure.next() });
  for (;;) {
    const waiting: { branch: Branch<T>; ask: Extract<Ask, { kind: 'device' }> }[] = [];
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
    const { outcomes } = expectAnswer(yield mergeAsks(waiting.map(({ ask }) => ask)), 'device');
    let from = 0;
    for (const { branch, ask } of waiting) {
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

function mergeAsks(asks: readonly Extract<Ask, { kind: 'device' }>[]): Ask {
  return {
    kind: 'device',
    commands: asks.flatMap((ask) => ask.commands),
    writes: asks.flatMap((ask) => ask.writes),
    willWrite: asks.flatMap((ask) => ask.willWrite),
    mayRead: asks.flatMap((ask) => ask.mayRead),
  };
}

/** Gives every device ask of `procedure` the regions that it will write later: its reads prepare a write. */
export function* preparing<T>(procedure: Procedure<T>, willWrite: readonly Region[]): Procedure<T> {
  let step = procedure.next();
  while (step.done !== true) {
    const ask = step.value;
    const answer: Answer = yield ask.kind === 'device' ? { ...ask, willWrite: [...ask.willWrite, ...willWrite] } : ask;
    step = procedure.next(answer);
  }
  return step.value;
}
