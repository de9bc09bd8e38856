/**
 * Executes a list of DM 2.0 commands: a machine whose whole state is a plain value (design: order).
 *
 * The effects are those of executing the list strictly in order, yet commands share messages to the device: one may
 * start while earlier ones are unanswered as long as nothing unanswered can change what it resolves to or reads. The
 * first one that must wait ends the batch; nothing behind it starts.
 */
import { resultOfFailure, workflowOf } from '../commands/dispatch.ts';
import type { CommandOutcome, ServerCommand } from '../dm1/server-command.ts';
import type { WireCommand } from '../dm2/package.ts';
import type { TranslationContext } from '../translate/context.ts';
import { forget } from '../tree/tree-knowledge.ts';
import type { CurrentCacheEntry } from '../workflow/cache-entry.ts';
import { withRetry } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { recordedKind, recordResult } from '../workflow/replay-log.ts';
import type { RepositoryReply } from '../workflow/repository.ts';
import type { CommandDraft, WorkflowRequest } from '../workflow/request.ts';
import type { WorkflowResult } from '../workflow/result.ts';
import { resume, suspend, withResult } from '../workflow/resume.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { isBlocked } from './dependencies.ts';
import { immediateResult } from './immediate-results.ts';
import { cleared, quarantineOf } from './interruption.ts';
import type { CommandRun, NorthSession, Waiting } from './north-session.ts';
import {
  type NorthEffect,
  type NorthEnvironment,
  type NorthState,
  type NorthStep,
  UNAVAILABLE,
  unavailable,
} from './north-state.ts';
import { prepareStart, WITH_MOS } from './start.ts';

/** The status of a command in quarantine. */
const BARRED = 500;

/** Runs every command as far as it gets now. */
export function advance(environment: NorthEnvironment, state: NorthState): NorthStep {
  const effects: NorthEffect[] = [];
  const commands: ServerCommand[] = [];
  let current = state;
  for (let at = 0; at < current.north.runs.length; at += 1) {
    const run = current.north.runs[at];
    if (run === undefined || run.result !== undefined) continue;
    if (run.waiting === undefined) {
      const advanced = advanceRun(environment, current, at);
      current = advanced.state;
      effects.push(...advanced.effects);
      commands.push(...advanced.commands);
    }
    if (!isDeviceWait(current.north.runs[at])) {
      if (current.north.runs[at]?.result === undefined) break;
    }
  }
  if (commands.length > 0) effects.push({ type: 'deviceCommands', commands });
  return { state: current, effects };
}

/** Takes in what the device answered to its commands; the runs go on with `advance`. */
export function acceptOutcomes({ north, device }: NorthState, outcomes: readonly CommandOutcome[]): NorthState {
  const runs = north.runs.map((run): CommandRun => {
    const { waiting } = run;
    if (waiting?.kind !== 'device') return run;
    const own = outcomes.filter(({ id }) => waiting.ids.includes(id));
    if (own.length === 0) return run;
    const answered = Object.fromEntries(own.map((outcome) => [outcome.id, outcome]));
    return settleDevice(run, { ...waiting, outcomes: { ...waiting.outcomes, ...answered } });
  });
  return { north: { ...north, runs }, device };
}

/** Takes in the repository's reply to the request `id`. */
export function acceptReply({ north, device }: NorthState, id: string, reply: RepositoryReply): NorthState {
  const runs = north.runs.map((run): CommandRun => {
    if (run.waiting?.kind !== 'http' || run.waiting.id !== id) return run;
    return answered(run, { kind: 'http', reply });
  });
  return { north: { ...north, runs }, device };
}

/** Takes in the copy that the cache had; absent: it is gone meanwhile. */
export function acceptCacheEntry(
  { north, device }: NorthState,
  id: string,
  entry: CurrentCacheEntry | undefined,
): NorthState {
  const runs = north.runs.map((run): CommandRun => {
    if (run.waiting?.kind !== 'cacheEntry' || run.waiting.id !== id) return run;
    return answered(run, { kind: 'cacheEntry', ...(entry === undefined ? {} : { entry }) });
  });
  return { north: { ...north, runs }, device };
}

/** The device will not answer any more: what waits for it is answered 503. */
export function releaseDevice({ north, device }: NorthState): NorthState {
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

function answered({ waiting: _, ...run }: CommandRun, answer: WorkflowResult): CommandRun {
  return { ...run, replayLog: withResult(run.replayLog, answer) };
}

interface AdvancedRun extends NorthStep {
  readonly commands: readonly ServerCommand[];
}

/** One command, until it is done, waits for somebody, or must not go on before earlier commands. */
function advanceRun(environment: NorthEnvironment, state: NorthState, at: number): AdvancedRun {
  const run = state.north.runs[at];
  if (run === undefined) return { state, effects: [], commands: [] };
  const { context } = environment;
  const progress: Progress = { state, run, effects: [] };
  if (isBarred(environment, progress, at)) return { ...progress, commands: [] };
  try {
    const begin = () => withRetry(context.statusTable, startedWorkflow(context, state, run.wire));
    const request = goOn(environment, progress, at, begin);
    if (request !== undefined) return handOver(progress, at, request);
  } catch (error) {
    const { result, reason } = resultOfFailure(error);
    keep(progress, at, { ...progress.run, replayLog: [], result });
    const facts = { command: run.wire[0] ?? '', status: result.status, reason };
    progress.effects.push({ type: 'log', event: 'command.failed', facts });
  }
  return { ...progress, commands: [] };
}

/** The workflow of a run: only the phase `starting` has one that no backend wrote. */
function startedWorkflow(
  context: TranslationContext,
  { north, device }: NorthState,
  wire: WireCommand,
): Workflow<CommandResult> {
  if (north.phase === 'starting') return prepareStart(context, wire.includes(WITH_MOS));
  return workflowOf(context, device, wire, north.accept);
}

/** A command that has broken sessions time and again is not begun; one that has begun is seen through. */
function isBarred({ at: now }: NorthEnvironment, progress: Progress, at: number): boolean {
  const { run, state } = progress;
  if (run.replayLog.length > 0 || state.north.phase !== 'executing' || state.north.deviceGone) return false;
  const tries = quarantineOf(state.device.facts, run.wire, now);
  if (tries === undefined) return false;
  keep(progress, at, { ...run, result: { status: BARRED } });
  const facts = { command: run.wire[0] ?? '', status: BARRED, reason: `sessions broke off under it: ${tries}` };
  progress.effects.push({ type: 'log', event: 'command.failed', facts });
  return true;
}

/** Where a command has got to within one step. */
interface Progress {
  state: NorthState;
  run: CommandRun;
  readonly effects: NorthEffect[];
}

function keep(progress: Progress, at: number, run: CommandRun): void {
  const { north, device } = progress.state;
  progress.run = run;
  progress.state = { north: { ...north, runs: north.runs.with(at, run) }, device };
}

/** Goes on until the command has its result, must wait, or asks what only others can answer: that request is returned. */
function goOn(
  environment: NorthEnvironment,
  progress: Progress,
  at: number,
  begin: () => Workflow<CommandResult>,
): WorkflowRequest | undefined {
  const { replayLog: before } = progress.run;
  const log = [...before];
  const { workflow, step: first } = resume(before, begin);
  let step = first;
  while (step.done !== true) {
    const request = step.value;
    const mustWait = isBlocked(progress.state.north, at, request);
    const now = mustWait ? undefined : immediateResult(environment, progress.state, at, request);
    if (now === undefined) {
      if (!mustWait && request.kind === 'device' && progress.state.north.deviceGone) {
        keep(progress, at, { ...progress.run, replayLog: [], result: { status: UNAVAILABLE } });
        return undefined;
      }
      keep(progress, at, { ...progress.run, replayLog: log });
      suspend(log, { workflow, step });
      return mustWait ? undefined : request;
    }
    progress.state = now.state;
    progress.effects.push(...now.effects);
    log.push(recordResult(now.answer));
    step = workflow.next(now.answer);
  }
  const { north, device } = progress.state;
  const hasAnswered = !north.deviceGone && log.some((answer) => recordedKind(answer) === 'device');
  if (hasAnswered) progress.state = { north, device: cleared(device, progress.run.wire) };
  keep(progress, at, { ...progress.run, replayLog: [], result: step.value });
  return undefined;
}

/** The run waits for the device or the repository from now on. */
function handOver({ state, run, effects }: Progress, at: number, request: WorkflowRequest): AdvancedRun {
  const { north } = state;
  if (request.kind === 'http') {
    const id = `h${north.counter}`;
    const waiting: Waiting = { kind: 'http', id, method: request.http.method };
    const changed = { ...north, counter: north.counter + 1, runs: north.runs.with(at, { ...run, waiting }) };
    const sent: NorthEffect = { type: 'request', id, purpose: 'repository', request: request.http };
    return { state: { ...state, north: changed }, effects: [...effects, sent], commands: [] };
  }
  if (request.kind === 'cacheEntry') {
    const id = `c${north.counter}`;
    const changed = {
      ...north,
      counter: north.counter + 1,
      runs: north.runs.with(at, { ...run, waiting: { kind: request.kind, id } }),
    };
    return {
      state: { ...state, north: changed },
      effects: [...effects, { type: 'cacheReadRequested', id, request: request }],
      commands: [],
    };
  }
  if (request.kind !== 'device') throw new TypeError(`nobody answers ${request.kind}`);
  const commands = request.commands.map((draft, index) => withId(draft, `d${north.counter + index}`));
  const { writes, willWrite, mayRead } = request;
  const ids = commands.map(({ id }) => id);
  const waiting: Waiting = { kind: 'device', ids, outcomes: {}, writes, willWrite, mayRead };
  const changed: NorthSession = {
    ...north,
    counter: north.counter + commands.length,
    knowledge: forget(north.knowledge, writes),
    runs: north.runs.with(at, { ...run, waiting, changes: [...(run.changes ?? []), ...writes] }),
  };
  const change: readonly NorthEffect[] = writes.length === 0 ? [] : [{ type: 'treeChanged', changes: writes }];
  return { state: { ...state, north: changed }, effects: [...effects, ...change], commands };
}

/** The members of an Atomic have names below its own. */
function withId({ members, ...draft }: CommandDraft, id: string): ServerCommand {
  if (members === undefined) return { ...draft, id };
  return { ...draft, id, members: members.map((member, at) => withId(member, `${id}.${at}`)) };
}

function isDeviceWait(run: CommandRun | undefined): boolean {
  return run?.waiting?.kind === 'device';
}
