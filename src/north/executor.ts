/**
 * Executes a list of DM 2.0 commands: a machine whose whole state is a plain value.
 *
 * The effects are those of executing the list strictly in order (DM-2.0 §5.2.3), yet commands share messages to the
 * device: one may start while earlier ones are unanswered, as long as nothing unanswered can change its resolution or its
 * reads (`dependencies.ts`). A command that must wait is held back. Reads of later commands start all the same, unless it is
 * not known yet what the held command will write: then the batch ends before them.
 */

import { withFailureResult, workflowOf } from '../commands/dispatch.ts';
import { failureFacts, nameOf, withReason } from '../commands/reasons.ts';
import type { ServerCommand } from '../dm1/server-command.ts';
import type { WireCommand } from '../dm2/package.ts';
import type { Mutable } from '../mutable.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { serverUriValues } from '../translate/server-uri.ts';
import { withoutChanged } from '../tree/tree-knowledge.ts';
import { withRetry } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { fingerprintOf } from '../workflow/fingerprint.ts';
import { type ReplayLogEntry, recordResult } from '../workflow/replay-log.ts';
import type {
  CacheEntryRequest,
  CommandDraft,
  DeviceRequest,
  HttpRequest,
  WorkflowRequest,
} from '../workflow/request.ts';
import type { WorkflowResult } from '../workflow/result.ts';
import { resume, suspend } from '../workflow/resume.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { heldRequest, isBlocked } from './dependencies.ts';
import { immediateResult } from './immediate-results.ts';
import { quarantineOf, withoutSuspicion } from './interruption.ts';
import type { CommandRun, HeldRequest, PendingRequest, RunningSession } from './north-session.ts';
import {
  type NorthEffect,
  type NorthEnvironment,
  type NorthState,
  type NorthStep,
  UNAVAILABLE,
} from './north-state.ts';
import { prepareStart } from './start.ts';

type RunningState = NorthState<RunningSession>;

interface RunStep extends NorthStep<RunningSession> {
  /** For the device. */
  readonly commands: readonly ServerCommand[];
}

/** Runs every command as far as it gets now. */
export function advance(environment: NorthEnvironment, before: RunningState): NorthStep<RunningSession> {
  const effects: NorthEffect[] = [];
  const commands: ServerCommand[] = [];
  let state = before;
  for (const at of before.north.runs.keys()) {
    const run = runAt(state, at);
    if (run.result === undefined && run.pending === undefined) {
      const step = advanceRun(environment, state, at);
      state = step.state;
      effects.push(...step.effects);
      commands.push(...step.commands);
    }
    if (isBatchEnd(runAt(state, at))) break;
  }
  if (commands.length > 0) effects.push({ type: 'deviceCommands', commands });
  return { state, effects };
}

/** True when no later command may start: this one waits for something else than the device, or its writes are not known. */
function isBatchEnd({ result, pending, held }: CommandRun): boolean {
  if (result !== undefined) return false;
  return pending === undefined ? held === undefined : pending.kind !== 'device';
}

/** Runs one command until it has its result, waits for a result from outside, or is blocked by an earlier command. */
function advanceRun(environment: NorthEnvironment, before: RunningState, at: number): RunStep {
  const quarantine = quarantineStep(environment, before, at);
  if (quarantine !== undefined) return quarantine;
  const run = runAt(before, at);
  const resumed = resume(run.replayLog, () => startWorkflow(environment, before, run.wire));
  if ('mismatchAt' in resumed) return mismatchStep(before, at, resumed.mismatchAt);
  const { workflow } = resumed;
  let { step } = resumed;
  let state = before;
  const effects: NorthEffect[] = [];
  const answered: AnsweredRequest[] = [];
  while (step.done !== true) {
    const request = step.value;
    const isFree = !isBlocked(state.north, at, request);
    const immediate = isFree ? immediateResult(environment, state, at, request) : undefined;
    if (immediate === undefined) {
      const replayLog = [...run.replayLog, ...answered.map(recordAnswered)];
      suspend(replayLog, { workflow, step });
      state = withRun(state, at, suspendedRun(run, replayLog, isFree ? undefined : heldRequest(run.wire, request)));
      const left = isFree ? sendRequest(state, at, request) : noEffects(state);
      return { ...left, effects: [...effects, ...left.effects] };
    }
    state = immediate.state;
    effects.push(...immediate.effects);
    answered.push({ request, result: immediate.result });
    step = workflow.next(immediate.result);
  }
  const kinds = [...run.replayLog, ...answered.map(({ result }) => result)].map(({ kind }) => kind);
  if (kinds.includes('device') && !state.north.deviceGone) {
    state = { north: state.north, device: withoutSuspicion(state.device, run.wire) };
  }
  const finished = finish(state, at, step.value);
  return { ...finished, effects: [...effects, ...finished.effects] };
}

function suspendedRun(
  { held: _, ...run }: CommandRun,
  replayLog: readonly ReplayLogEntry[],
  held: HeldRequest | undefined,
): CommandRun {
  return held === undefined ? { ...run, replayLog } : { ...run, replayLog, held };
}

interface AnsweredRequest {
  readonly request: WorkflowRequest;
  readonly result: WorkflowResult;
}

/** Only a suspended workflow needs a log, so requests are hashed no earlier. */
function recordAnswered({ request, result }: AnsweredRequest): ReplayLogEntry {
  return recordResult(fingerprintOf(request), result);
}

/** The workflow of a run: that of its command, or in the phase `starting` that which prepares Package#1. */
function startWorkflow(
  { context }: NorthEnvironment,
  { north, device }: RunningState,
  wire: WireCommand,
): Workflow<CommandResult> {
  const start = () =>
    north.phase === 'starting' ? prepareStart(context, north.withMos) : workflowOf(context, device, wire, north.accept);
  const { statusTable } = context;
  return withRetry(statusTable, withReason(statusTable, wire, withFailureResult(start)));
}

/** A command in quarantine is not begun; one that has begun goes on. */
function quarantineStep(environment: NorthEnvironment, state: RunningState, at: number): RunStep | undefined {
  const { north, device } = state;
  const run = runAt(state, at);
  if (run.replayLog.length > 0 || north.phase !== 'executing' || north.deviceGone) return undefined;
  const tries = quarantineOf(device.facts, run.wire, environment.at);
  if (tries === undefined) return undefined;
  return finish(state, at, { status: STATUS.commandFailed, reason: `sessions broke off under it: ${tries}` });
}

/**
 * The program or the mappings have changed under the command. Its results do not fit the workflow any more, so it ends;
 * the nodes that it has written count as unknown.
 */
function mismatchStep(state: RunningState, at: number, step: number): RunStep {
  const { wire, writes = [] } = runAt(state, at);
  const facts = { command: nameOf(wire), index: at, step };
  const effects: NorthEffect[] = [{ type: 'log', event: 'workflow.replay_mismatch', facts }];
  if (writes.length > 0) effects.push({ type: 'treeChanged', changes: writes });
  const reason = 'the program or the mappings have changed under it';
  const { state: finished, effects: told } = finish(state, at, { status: STATUS.commandFailed, reason });
  const { north, device } = finished;
  return {
    state: { north: { ...north, knowledge: withoutChanged(north.knowledge, writes) }, device },
    effects: [...effects, ...told],
    commands: [],
  };
}

/** Hands a request over to the device, the repository or the cache; the command waits for its result from now on. */
function sendRequest(state: RunningState, at: number, request: WorkflowRequest): RunStep {
  switch (request.kind) {
    case 'device':
      return sendToDevice(state, at, request);
    case 'http':
      return sendToRepository(state, at, request);
    case 'cacheEntry':
      return readFromCache(state, at, request);
    default:
      throw new TypeError(`the request "${request.kind}" has an immediate result`);
  }
}

function sendToDevice(state: RunningState, at: number, request: DeviceRequest): RunStep {
  const { north, device } = state;
  if (north.deviceGone) return noEffects(withResult(state, at, { status: UNAVAILABLE }));
  const { writes, willWrite, mayRead } = request;
  const commands = request.commands.map((draft, index) => withId(draft, `d${north.counter + index}`));
  const fingerprint = fingerprintOf(request);
  const ids = commands.map(({ id }) => id);
  const pending: PendingRequest = { kind: 'device', fingerprint, ids, outcomes: {}, writes, willWrite, mayRead };
  const run = runAt(state, at);
  const changed: RunningSession = {
    ...north,
    counter: north.counter + commands.length,
    knowledge: withoutChanged(north.knowledge, writes),
    runs: north.runs.with(at, { ...run, pending, writes: [...(run.writes ?? []), ...writes] }),
  };
  const effects: NorthEffect[] = writes.length === 0 ? [] : [{ type: 'treeChanged', changes: writes }];
  return { state: { north: changed, device }, effects, commands };
}

function sendToRepository(state: RunningState, at: number, request: HttpRequest): RunStep {
  const id = `h${state.north.counter}`;
  const { http } = request;
  const pending: PendingRequest = { kind: 'http', fingerprint: fingerprintOf(request), id, method: http.method };
  const effects: NorthEffect[] = [{ type: 'request', id, purpose: 'repository', request: http }];
  return { state: withPending(state, at, pending), effects, commands: [] };
}

function readFromCache(state: RunningState, at: number, request: CacheEntryRequest): RunStep {
  const id = `c${state.north.counter}`;
  const pending: PendingRequest = { kind: 'cacheEntry', fingerprint: fingerprintOf(request), id };
  const effects: NorthEffect[] = [{ type: 'cacheReadRequested', id, request }];
  return { state: withPending(state, at, pending), effects, commands: [] };
}

/** The draft as a command; the members of an Atomic have ids below its own. */
function withId({ members, ...draft }: CommandDraft, id: string): ServerCommand {
  const command: Mutable<ServerCommand> = { ...draft, id };
  if (members !== undefined) command.members = members.map((member, at) => withId(member, `${id}.${at}`));
  return command;
}

function runAt({ north }: RunningState, at: number): CommandRun {
  const run = north.runs[at];
  if (run === undefined) throw new RangeError(`there is no command ${at}`);
  return run;
}

function withRun({ north, device }: RunningState, at: number, run: CommandRun): RunningState {
  return { north: { ...north, runs: north.runs.with(at, run) }, device };
}

/** The counter moves on, because the request has taken its id from it. */
function withPending(state: RunningState, at: number, pending: PendingRequest): RunningState {
  const { north, device } = withRun(state, at, { ...runAt(state, at), pending });
  return { north: { ...north, counter: north.counter + 1 }, device };
}

/** The command has its result, which the log tells when it has a reason. */
function finish(state: RunningState, at: number, result: CommandResult): RunStep {
  const facts = failureFacts(runAt(state, at).wire, at, result, serverUriValues(state.device));
  const effects: NorthEffect[] = facts === undefined ? [] : [{ type: 'log', event: 'command.failed', facts }];
  return { ...noEffects(withResult(state, at, result)), effects };
}

/** The command has its result; its replay log is of no more use. */
function withResult(state: RunningState, at: number, result: CommandResult): RunningState {
  const { held: _, ...run } = runAt(state, at);
  return withRun(state, at, { ...run, replayLog: [], result });
}

function noEffects(state: RunningState): RunStep {
  return { state, effects: [], commands: [] };
}
