/**
 * Executes a list of DM 2.0 commands: a machine whose whole state is a plain value (design: order).
 *
 * The effects are those of executing the list strictly in order, yet commands share messages to the device: one may
 * start while earlier ones are unanswered as long as nothing unanswered can change what it resolves to or reads. The
 * first one that must wait ends the batch; nothing behind it starts.
 */
import type { CommandOutcome, ServerCommand } from '../dm1/session-model.ts';
import {
  type Crossing,
  type CrossingEffect,
  type CrossingEnvironment,
  type CrossingStep,
  unavailable,
} from './crossing.ts';
import { answerNow } from './immediate-answers.ts';
import type { CommandResult, CommandRun, NorthSession, Waiting } from './north-session.ts';
import type { Answer, Ask, Procedure, RepositoryReply, RepositoryRequest } from './procedure.ts';
import { procedureOf, resultOfFailure } from './procedures.ts';
import { disturbs } from './regions.ts';
import { forget } from './tree-knowledge.ts';

/** Runs every command as far as it gets now. */
export function advance(environment: CrossingEnvironment, crossing: Crossing): CrossingStep {
  const effects: CrossingEffect[] = [];
  const commands: ServerCommand[] = [];
  let current = crossing;
  for (let at = 0; at < current.north.runs.length; at += 1) {
    const run = current.north.runs[at];
    if (run === undefined || run.result !== undefined) continue;
    if (run.waiting === undefined) {
      const advanced = advanceRun(environment, current, at);
      current = advanced.crossing;
      effects.push(...advanced.effects);
      commands.push(...advanced.commands);
    }
    if (!isDeviceWait(current.north.runs[at])) {
      if (current.north.runs[at]?.result === undefined) break;
    }
  }
  if (commands.length > 0) effects.push({ type: 'deviceCommands', commands });
  return { crossing: current, effects };
}

/** Takes in what the device answered to one command; the run goes on with `advance`. */
export function acceptOutcome({ north, device }: Crossing, outcome: CommandOutcome): Crossing {
  const runs = north.runs.map((run): CommandRun => {
    const { waiting } = run;
    if (waiting?.kind !== 'device' || !waiting.ids.includes(outcome.id)) return run;
    return settleDevice(run, { ...waiting, outcomes: { ...waiting.outcomes, [outcome.id]: outcome } });
  });
  return { north: { ...north, runs }, device };
}

/** Takes in the repository's reply to the request `id`. */
export function acceptReply({ north, device }: Crossing, id: string, reply: RepositoryReply): Crossing {
  const runs = north.runs.map((run): CommandRun => {
    if (run.waiting?.kind !== 'http' || run.waiting.id !== id) return run;
    return answered(run, { kind: 'http', reply });
  });
  return { north: { ...north, runs }, device };
}

/** The device will not answer any more: what waits for it is answered 503. */
export function releaseDevice({ north, device }: Crossing): Crossing {
  const runs = north.runs.map((run): CommandRun => {
    if (run.waiting?.kind !== 'device') return run;
    const missing = run.waiting.ids.filter(
      (id) => run.waiting?.kind === 'device' && run.waiting.outcomes[id] === undefined,
    );
    const outcomes = { ...run.waiting.outcomes, ...Object.fromEntries(missing.map((id) => [id, unavailable(id)])) };
    return settleDevice(run, { ...run.waiting, outcomes });
  });
  return { north: { ...north, runs, deviceGone: true }, device };
}

/** True when every command has its status. */
export function isFinished({ runs }: NorthSession): boolean {
  return runs.every(({ result }) => result !== undefined);
}

function settleDevice(run: CommandRun, waiting: Extract<Waiting, { kind: 'device' }>): CommandRun {
  const outcomes = waiting.ids.flatMap((id) => waiting.outcomes[id] ?? []);
  return outcomes.length < waiting.ids.length ? { ...run, waiting } : answered(run, { kind: 'device', outcomes });
}

function answered({ wire, log }: CommandRun, answer: Answer): CommandRun {
  return { wire, log: [...log, answer] };
}

interface AdvancedRun extends CrossingStep {
  readonly commands: readonly ServerCommand[];
}

/** One command, until it is done, waits for somebody, or must not go on before earlier commands. */
function advanceRun(environment: CrossingEnvironment, crossing: Crossing, at: number): AdvancedRun {
  const effects: CrossingEffect[] = [];
  let current = crossing;
  let run = current.north.runs[at];
  if (run === undefined) return { crossing, effects, commands: [] };
  const keep = (changed: CommandRun): void => {
    run = changed;
    current = { ...current, north: { ...current.north, runs: current.north.runs.with(at, changed) } };
  };
  try {
    const procedure = procedureOf(environment.context, current, run.wire);
    let step = replay(procedure, run.log);
    while (step.done !== true) {
      if (mustWait(current.north, at, step.value)) return { crossing: current, effects, commands: [] };
      const now = answerNow(environment, current, step.value);
      if (now === undefined) break;
      current = now.crossing;
      effects.push(...now.effects);
      keep({ wire: run.wire, log: [...run.log, now.answer] });
      step = procedure.next(now.answer);
    }
    if (step.done === true) {
      keep({ wire: run.wire, log: [], result: step.value });
      return { crossing: current, effects, commands: [] };
    }
    return handOver(current, at, run, step.value, effects);
  } catch (error) {
    const { result, reason } = resultOfFailure(error);
    keep({ wire: run.wire, log: [], result });
    effects.push({
      type: 'log',
      event: 'command failed',
      facts: { command: run.wire[0] ?? '', status: result.status, reason },
    });
    return { crossing: current, effects, commands: [] };
  }
}

function replay(procedure: Procedure<CommandResult>, log: readonly Answer[]): IteratorResult<Ask, CommandResult> {
  return log.reduce((_, answer) => procedure.next(answer), procedure.next());
}

/** The run waits for the device or the repository from now on. */
function handOver(
  crossing: Crossing,
  at: number,
  run: CommandRun,
  ask: Ask,
  effects: readonly CrossingEffect[],
): AdvancedRun {
  const { north } = crossing;
  if (ask.kind === 'http') {
    const id = `h${north.counter}`;
    const waiting: Waiting = { kind: 'http', id, method: ask.request.method };
    const changed = { ...north, counter: north.counter + 1, runs: north.runs.with(at, { ...run, waiting }) };
    return {
      crossing: { ...crossing, north: changed },
      effects: [...effects, toRequest(id, ask.request)],
      commands: [],
    };
  }
  if (ask.kind !== 'device') throw new TypeError(`nobody answers ${ask.kind}`);
  const commands = ask.commands.map((draft, index): ServerCommand => ({ ...draft, id: `d${north.counter + index}` }));
  const { writes, willWrite, mayRead } = ask;
  const waiting: Waiting = {
    kind: 'device',
    ids: commands.map(({ id }) => id),
    outcomes: {},
    writes,
    willWrite,
    mayRead,
  };
  const changed: NorthSession = {
    ...north,
    counter: north.counter + commands.length,
    knowledge: forget(north.knowledge, writes),
    runs: north.runs.with(at, { ...run, waiting }),
  };
  return { crossing: { ...crossing, north: changed }, effects, commands };
}

function toRequest(id: string, request: RepositoryRequest): CrossingEffect {
  return { type: 'request', id, purpose: 'repository', request };
}

/** It was told that the roots are not known, so it looks for them. */
function isSearching({ log }: CommandRun): boolean {
  return log.some((answer) => answer.kind === 'roots' && answer.discovered === undefined);
}

/** Whether an ask has to wait for the answers to commands before it (DM-2.0 §5.2.3; design: order). */
function mustWait({ runs, knowledge }: NorthSession, at: number, ask: Ask): boolean {
  const open = runs.slice(0, at).filter(({ result }) => result === undefined);
  const waits = open.flatMap(({ waiting }) => (waiting?.kind === 'device' ? [waiting] : []));
  switch (ask.kind) {
    case 'recall':
      return waits.some(({ writes, willWrite }) =>
        [...writes, ...willWrite].some((change) => disturbs(change, { type: ask.use, locUri: ask.locUri })),
      );
    case 'roots':
      // One search of the device serves all: what an earlier command has begun is not begun again beside it.
      if (knowledge.discovered === undefined && open.some(isSearching)) return true;
      return waits.some(({ writes, willWrite }) =>
        [...writes, ...willWrite].some((change) => disturbs(change, { type: 'roots' })),
      );
    case 'device':
      if (ask.writes.length === 0) return false;
      return waits.some(
        ({ willWrite, mayRead }) =>
          willWrite.length > 0 ||
          mayRead.some(({ locUri }) => ask.writes.some((change) => disturbs(change, { type: 'tree', locUri }))),
      );
    case 'http':
      return ask.request.method === 'GET'
        ? open.some(({ wire }) => HAS_OUTSIDE_EFFECT.has(wire[0] ?? ''))
        : open.length > 0;
    default:
      return false;
  }
}

/** Commands after which the repository may hold something else. */
const HAS_OUTSIDE_EFFECT: ReadonlySet<string> = new Set(['HPUT', 'HPOST', 'EXEC', 'SHOW']);

function isDeviceWait(run: CommandRun | undefined): boolean {
  return run?.waiting?.kind === 'device';
}
