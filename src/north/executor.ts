/**
 * Executes a list of DM 2.0 commands: a machine whose whole state is a plain value.
 *
 * The effects are those of executing the list strictly in order (DM-2.0 §5.2.3), yet commands share messages to the
 * device: one may start while earlier ones are unanswered, as long as nothing unanswered can change its resolution or its
 * reads (`dependencies.ts`). A command that must wait is held back. Reads of later commands start all the same, unless it is
 * not known yet what the held command will write: then the batch ends before them.
 *
 * A step does a bounded amount of work, so that neither a long list nor a large tree keeps the process from its other work.
 */

import { failureFacts, nameOf } from '../commands/reasons.ts';
import type { ServerCommand } from '../dm1/server-command.ts';
import type { Mutable } from '../mutable.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { withoutChanged } from '../tree/tree-knowledge.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { fingerprintOf } from '../workflow/fingerprint.ts';
import { type ReplayLogEntry, recordResult } from '../workflow/replay-log.ts';
import { type DeviceRequest, type WorkflowRequest, withId } from '../workflow/request.ts';
import type { WorkflowResult } from '../workflow/result.ts';
import { resume, type SuspendedWorkflow, suspend } from '../workflow/resume.ts';
import { runInSession, type SessionRequest, type WorkflowSession } from '../workflow/session-calls.ts';
import { isBatchEnd, suspendedRun, withoutHold } from './command-runs.ts';
import { heldRequest } from './dependencies.ts';
import { immediateResult } from './immediate-results.ts';
import { quarantineOf, withoutSuspicion } from './interruption.ts';
import type { CommandRun, PendingRequest, RunningSession } from './north-session.ts';
import { type NorthEnvironment, type NorthState, type NorthStep, UNAVAILABLE } from './north-state.ts';
import { isPausedBehind } from './pause.ts';
import { keepProgress, type Progress, takeProgress } from './progress.ts';
import { startWorkflow } from './start-workflow.ts';
import type { SessionDraft } from './workflow-effects.ts';

type RunningState = NorthState<RunningSession>;

/** Requests of workflows that one step deals with, commands counted in. Then it pauses; a part of a long work ends it, too. */
const MAX_REQUESTS_PER_STEP = 256;

/**
 * Commands for the device that are unanswered at the same time, about: with each message the unanswered commands are looked at
 * again, and stored. Later commands of the package begin when there are fewer.
 */
const MAX_AWAITED = 512;

/** Runs every command as far as it gets now, or pauses when that is much work. */
export function advance(environment: NorthEnvironment, before: RunningState): NorthStep<RunningSession> {
  return new Pass(environment, before).run();
}

/** One pass over the list. It works on a copy of the session and of the list, which only the pass changes, and returns them. */
class Pass implements WorkflowSession {
  readonly #environment: NorthEnvironment;
  readonly #isDraft: boolean;
  readonly #runs: CommandRun[];
  readonly #progress: Progress;
  /** Its list is `#runs`. */
  readonly #draft: SessionDraft;
  /** For the device. */
  readonly #commands: ServerCommand[] = [];
  #requests = 0;
  /** True when the workflow that ran was suspended only because the step has done enough. */
  #isCut = false;
  /** The requests of the workflow that runs which the session has answered in this pass. */
  #answered: AnsweredRequest[] = [];

  constructor(environment: NorthEnvironment, { north: before, device }: RunningState) {
    const progress = takeProgress(before.runs);
    const runs = [...before.runs];
    const north: Mutable<RunningSession> = { ...withoutPause(before), runs };
    this.#environment = environment;
    this.#isDraft = environment.context.account.dialect === 'dm20-draft';
    this.#runs = runs;
    this.#progress = progress;
    this.#draft = { environment, progress, north, device, effects: [], at: 0 };
  }

  run(): NorthStep<RunningSession> {
    const isPaused = this.#runAll();
    const { north, device, effects } = this.#draft;
    if (this.#commands.length > 0) effects.push({ type: 'deviceCommands', commands: this.#commands });
    keepProgress(this.#runs, this.#progress);
    if (isPaused) {
      north.isPaused = true;
      effects.push({ type: 'paused' });
    }
    return { state: { north, device }, effects };
  }

  /** True when there is more to do at once. */
  #runAll(): boolean {
    const { open } = this.#progress;
    for (; this.#progress.at < this.#runs.length; this.#progress.at += 1) {
      const { at } = this.#progress;
      const before = this.#runAt(at);
      const isHeld = before.held !== undefined && open.isHolding(before.held);
      if (before.result !== undefined && this.#progress.first === at) this.#progress.first += 1;
      if (open.awaited >= MAX_AWAITED) return false;
      if (before.result === undefined && before.pending === undefined && !isHeld) {
        if (this.#requests >= MAX_REQUESTS_PER_STEP) return true;
        this.#requests += 1;
        this.#advanceRun(at);
        if (this.#isCut) return true;
      }
      const run = this.#runAt(at);
      if (isBatchEnd(run) || isPausedBehind(run, this.#draft.north, this.#isDraft)) return false;
      open.add(run);
    }
    return false;
  }

  /** Runs one command until it has its result, waits for a result from outside, or is blocked by an earlier command. */
  #advanceRun(at: number): void {
    const run = this.#runAt(at);
    const tries = this.#quarantineOf(run);
    if (tries !== undefined) {
      this.#finish(at, { status: STATUS.commandFailed, reason: `sessions broke off under it: ${tries}` });
      return;
    }
    this.#draft.at = at;
    this.#answered = [];
    const resumed = resume(run.replayLog, () => startWorkflow(this.#environment, this.#draft, run), this);
    if ('mismatchAt' in resumed) this.#finishMismatch(at, resumed.mismatchAt);
    else this.#runWorkflow(at, resumed);
  }

  #runWorkflow(at: number, { workflow, step: first, isReplayed = false }: SuspendedWorkflow): void {
    const run = this.#runAt(at);
    const answered = this.#answered;
    let step = first;
    while (step.done !== true) {
      const request = step.value;
      const isFree = this.#isFree(request);
      this.#isCut = step !== first && !isReplayed && this.#requests >= MAX_REQUESTS_PER_STEP;
      const result = isFree && !this.#isCut ? this.#answer(request) : undefined;
      if (result === undefined) {
        const replayLog = answered.length === 0 ? run.replayLog : [...run.replayLog, ...answered.map(recordAnswered)];
        suspend(replayLog, { workflow, step });
        const isHeld = !isFree && !this.#isCut;
        this.#runs[at] = suspendedRun(run, replayLog, isHeld ? heldRequest(run.wire, request) : undefined);
        if (isFree && !this.#isCut) this.#send(at, request);
        return;
      }
      step = runInSession(this, workflow, result);
    }
    const hasAsked = run.replayLog.some(isOfDevice) || answered.some(({ result }) => isOfDevice(result));
    const { north, device } = this.#draft;
    if (hasAsked && !north.deviceGone) this.#draft.device = withoutSuspicion(device, run.wire);
    this.#finish(at, step.value);
  }

  /** Answers a call of the workflow that runs; undefined when it is blocked. */
  answer(request: SessionRequest): WorkflowResult | undefined {
    return this.#isFree(request) ? this.#answer(request) : undefined;
  }

  #isFree(request: WorkflowRequest): boolean {
    return !this.#progress.open.isBlocking(request, this.#draft.north.knowledge);
  }

  /** The result that the session itself gives; undefined when it comes from outside. */
  #answer(request: WorkflowRequest): WorkflowResult | undefined {
    const isTurn = request.kind === 'turn';
    this.#requests += isTurn ? MAX_REQUESTS_PER_STEP : 1;
    const result = immediateResult(this.#draft, request);
    if (result !== undefined && !isTurn) this.#answered.push({ request, result });
    return result;
  }

  /** A command in quarantine is not begun; one that has begun goes on. */
  #quarantineOf({ replayLog, wire }: CommandRun): number | undefined {
    const { north, device } = this.#draft;
    if (replayLog.length > 0 || north.phase !== 'executing' || north.deviceGone) return undefined;
    return quarantineOf(device.facts, wire, this.#environment.at);
  }

  /**
   * The program or the mappings have changed under the command. Its results do not fit the workflow any more, so it ends;
   * the nodes that it has written count as unknown.
   */
  #finishMismatch(at: number, step: number): void {
    const { wire, writes = [] } = this.#runAt(at);
    const facts = { command: nameOf(wire), index: at, step };
    this.#draft.effects.push({ type: 'log', event: 'workflow.replay_mismatch', facts });
    this.#forgetChanged(writes);
    this.#finish(at, { status: STATUS.commandFailed, reason: 'the program or the mappings have changed under it' });
  }

  /** Hands a request over to the device, the repository or the cache; the command waits for its result from now on. */
  #send(at: number, request: WorkflowRequest): void {
    const fingerprint = fingerprintOf(request);
    switch (request.kind) {
      case 'device':
        this.#sendToDevice(at, request, fingerprint);
        break;
      case 'http': {
        const { http } = request;
        const id = this.#nextId('h');
        this.#draft.effects.push({
          type: 'request',
          id,
          purpose: http.isPage === true ? 'page' : 'repository',
          request: http,
        });
        this.#wait(at, { kind: 'http', fingerprint, id, method: http.method });
        break;
      }
      case 'cacheEntry': {
        const id = this.#nextId('c');
        this.#draft.effects.push({ type: 'cacheReadRequested', id, request });
        this.#wait(at, { kind: 'cacheEntry', fingerprint, id });
        break;
      }
      default:
        throw new TypeError(`the request "${request.kind}" has an immediate result`);
    }
  }

  #sendToDevice(at: number, { commands, writes, willWrite, mayRead }: DeviceRequest, fingerprint: string): void {
    if (this.#draft.north.deviceGone) {
      this.#finish(at, { status: UNAVAILABLE });
      return;
    }
    const ids: string[] = [];
    for (const draft of commands) {
      const command = withId(draft, this.#nextId('d'));
      ids.push(command.id);
      this.#commands.push(command);
    }
    this.#forgetChanged(writes);
    this.#progress.addChanges(writes, at);
    const run = this.#runAt(at);
    if (writes.length > 0) this.#runs[at] = { ...run, writes: [...(run.writes ?? []), ...writes] };
    this.#wait(at, { kind: 'device', fingerprint, ids, outcomes: {}, writes, willWrite, mayRead });
  }

  /** The session and the cache forget the nodes that these changes concern. */
  #forgetChanged(changes: NonNullable<CommandRun['writes']>): void {
    if (changes.length === 0) return;
    const { north } = this.#draft;
    north.knowledge = withoutChanged(north.knowledge, changes);
    this.#draft.effects.push({ type: 'treeChanged', changes });
  }

  #nextId(kind: 'h' | 'c' | 'd'): string {
    const { north } = this.#draft;
    const { counter } = north;
    north.counter += 1;
    return `${kind}${counter}`;
  }

  #wait(at: number, pending: PendingRequest): void {
    this.#runs[at] = { ...this.#runAt(at), pending };
  }

  /** The command has its result, which the log tells when it has a reason. Its replay log is of no more use. */
  #finish(at: number, result: CommandResult): void {
    const run = withoutHold(this.#runAt(at));
    const facts = failureFacts(run.wire, at, result, this.#draft.device);
    if (facts !== undefined) this.#draft.effects.push({ type: 'log', event: 'command.failed', facts });
    this.#runs[at] = { ...run, replayLog: [], result };
  }

  #runAt(at: number): CommandRun {
    const run = this.#runs[at];
    if (run === undefined) throw new RangeError(`there is no command ${at}`);
    return run;
  }
}

function withoutPause(session: RunningSession): RunningSession {
  if (session.isPaused === undefined) return session;
  const { isPaused: _, ...others } = session;
  return others;
}

interface AnsweredRequest {
  readonly request: WorkflowRequest;
  readonly result: WorkflowResult;
}

function isOfDevice({ kind }: { readonly kind: WorkflowRequest['kind'] }): boolean {
  return kind === 'device';
}

/** Only a suspended workflow needs a log, so requests are hashed no earlier. */
function recordAnswered({ request, result }: AnsweredRequest): ReplayLogEntry {
  return recordResult(fingerprintOf(request), result);
}
