/**
 * The machine of a DM 2.0 client session: Package#1, #2 and #3 in their order, and an orderly end whatever the backend
 * does (DM-2.0 §5.2, §5.6).
 */

import type { Dm2Alert } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import { assertNever } from '../errors.ts';
import { isHttpSuccess } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import { forNextPackage, NOTHING_KNOWN } from '../tree/tree-knowledge.ts';
import type { PreparedStart } from '../workflow/command-result.ts';
import { needsDiscovery, withFixedInstances } from './alert-addresses.ts';
import { deliveryAnswered, deliverySent } from './delivery-steps.ts';
import { advance } from './executor.ts';
import { stepInteraction } from './interaction-input.ts';
import type { NorthInput, PhaseInput } from './north-input.ts';
import {
  type CommandRun,
  type EndedSession,
  type ExecutingSession,
  openMembersOf,
  type PostingSession,
  type RunningSession,
  type StartingSession,
  type WaitingSession,
} from './north-session.ts';
import { type NorthEnvironment, type NorthState, type NorthStep, UNAVAILABLE } from './north-state.ts';
import { type Answer, missingMessages, readAnswer, refusalOf } from './package2.ts';
import { composePackage1, composePackage3, package1Alerts } from './packages.ts';
import { isWaitingForPages } from './pause.ts';
import {
  acceptCacheEntry,
  acceptOutcomes,
  acceptReply,
  isAwaitingPostReply,
  releaseDevice,
  withdrawRequests,
} from './pending-requests.ts';
import { post } from './post.ts';
import { end, endedSession, endSilently, ignore, overtake } from './session-end.ts';
import { nextTask, withoutTasks } from './session-tasks.ts';

/** A backend that sends one empty command list more is in a loop. */
const MAX_EMPTY_LISTS = 2;

const INTERRUPTED_POST = 'interrupted while a POST was on its way';

/** A session of a device, or one of its own for `report` (DM-2.0 §5.3.5), which has no device. */
export function openNorthSession(id: string, url: ServerUri | '', report?: Dm2Alert): WaitingSession {
  const session: Mutable<WaitingSession> = {
    id,
    phase: 'waiting',
    url,
    knowledge: NOTHING_KNOWN,
    emptyLists: 0,
    counter: 1,
    deviceGone: report !== undefined,
  };
  if (report !== undefined) session.report = report;
  return session;
}

/** Takes one step. Pure: the same environment, state and input give the same step. */
export function stepNorth(environment: NorthEnvironment, state: NorthState, input: NorthInput): NorthStep {
  if (input.type === 'overtaken') return overtake(state);
  const shown = stepInteraction(environment, state, input);
  if (shown === undefined) return stepPhase(environment, state, input);
  const isPauseOver = isWaitingForPages(state.north) && !isWaitingForPages(shown.state.north);
  const rest = shown.rest ?? (isPauseOver ? { type: 'resumed' } : undefined);
  const next = rest === undefined ? { state: shown.state, effects: [] } : stepPhase(environment, shown.state, rest);
  return { state: next.state, effects: [...shown.effects, ...next.effects] };
}

/** The whole machine, phase by input; every change of the phase begins here. */
function stepPhase(environment: NorthEnvironment, state: NorthState, input: PhaseInput): NorthStep {
  const { north, device } = state;
  switch (north.phase) {
    case 'waiting':
      switch (input.type) {
        case 'opened':
          return startSession(environment, { north, device });
        case 'deviceGone':
          return end(state, 'the device left before its Package#1 was complete');
        case 'outcomes':
        case 'replied':
        case 'cacheRead':
        case 'interrupted':
        case 'resumed':
          return ignore(state);
        default:
          return assertNever(input);
      }
    case 'starting':
    case 'executing':
      switch (input.type) {
        case 'outcomes':
          return proceed(environment, { north: acceptOutcomes(north, input.outcomes), device });
        case 'replied':
          return proceed(environment, { north: acceptReply(north, input.id, input.reply), device });
        case 'cacheRead':
          return proceed(environment, { north: acceptCacheEntry(north, input.id, input.entry), device });
        case 'resumed':
          return proceed(environment, { north, device });
        case 'deviceGone':
          return proceed(environment, { north: releaseDevice(acceptOutcomes(north, input.outcomes ?? [])), device });
        case 'interrupted':
          return recover(environment, { north, device });
        case 'opened':
          return ignore(state);
        default:
          return assertNever(input);
      }
    case 'posting':
      switch (input.type) {
        case 'replied':
          return receiveAnswer(environment, { north, device }, input);
        case 'deviceGone':
          return { state: { north: { ...north, deviceGone: true }, device }, effects: [] };
        case 'interrupted':
          return end(state, INTERRUPTED_POST);
        case 'opened':
        case 'outcomes':
        case 'cacheRead':
        case 'resumed':
          return ignore(state);
        default:
          return assertNever(input);
      }
    case 'ended':
      return ignore(state);
    default:
      return assertNever(north);
  }
}

/** Ends a session for which the configuration has no account; there is no context for a step. */
export function endUnrouted(north: WaitingSession): EndedSession {
  return endedSession(north, 'no route');
}

/** Posts Package#1 at once, or reads first what it needs of the device. */
function startSession(environment: NorthEnvironment, { north, device: before }: NorthState<WaitingSession>): NorthStep {
  const { context } = environment;
  const withMos = context.account.alwaysSendMos || north.notification?.requestsMos === true;
  const withDevDetail = north.notification?.draft?.sendsDevDetail === true;
  const alerts = north.report === undefined ? package1Alerts(environment, before) : [];
  const device = withFixedInstances(context.index, before, alerts);
  const needsDevice =
    north.report === undefined && (withMos || withDevDetail || needsDiscovery(context.index, device, alerts));
  if (!needsDevice) return postPackage1(environment, { north, device }, undefined);
  const run: CommandRun = { wire: [], replayLog: [] };
  return proceed(environment, { north: { ...north, phase: 'starting', withMos, runs: [run] }, device });
}

/** Makes the requests again whose replies will not come. A POST that was on its way must not be sent twice. */
function recover(environment: NorthEnvironment, { north, device }: NorthState<RunningSession>): NorthStep {
  if (isAwaitingPostReply(north)) return end({ north, device }, INTERRUPTED_POST);
  return proceed(environment, { north: withdrawRequests(north), device });
}

/** Executes as far as possible; when every command has its status, the next package leaves. */
function proceed(environment: NorthEnvironment, state: NorthState<RunningSession>): NorthStep {
  const step = advance(environment, state);
  const { north, device } = step.state;
  // The last ones are the last to end, as a rule.
  if (north.runs.findLastIndex(({ result }) => result === undefined) !== -1) return step;
  if (isWaitingForPages(north)) return step;
  const task = north.phase === 'executing' ? nextTask(environment.context, { north, device }) : undefined;
  if (north.phase === 'executing' && task !== undefined) {
    const run: CommandRun = { wire: [], replayLog: [], task };
    const again = proceed(environment, { north: { ...north, runs: [...north.runs, run] }, device });
    return { state: again.state, effects: [...step.effects, ...again.effects] };
  }
  const next =
    north.phase === 'starting'
      ? postPackage1(environment, { north, device }, north.runs[0]?.result)
      : closePackage2(environment, { north: withoutTasks(north), device });
  return { state: next.state, effects: [...step.effects, ...next.effects] };
}

/** END: everything was executed, and there is no Package#3 (DM-2.0 §5.3.9). The last CONT counts (§5.3.8). */
function closePackage2(environment: NorthEnvironment, state: NorthState<ExecutingSession>): NorthStep {
  const { runs, report, deviceGone } = state.north;
  if (runs.some(({ result }) => result?.end === true)) return end(state, 'END');
  const redirect = runs.findLast(({ result }) => result?.continueAt !== undefined)?.result?.continueAt;
  const north = { ...state.north, url: redirect ?? state.north.url };
  const { device, ...composed } = composePackage3(environment, state.north, state.device);
  const isDeclining = deviceGone && report === undefined;
  return post({ north, device }, { number: 3, isDeclining, ...composed });
}

/**
 * The device has left, and the backend has answered the Package#3 that said so with more commands. All of them get 503, so
 * that nothing is left open at the backend, and the session ends.
 */
function declinePackage2(
  environment: NorthEnvironment,
  state: NorthState<PostingSession>,
  reply: RepositoryReply,
): NorthStep {
  const answer = answerIn(environment, state, reply);
  if (typeof answer === 'string') return end(state, answer);
  const { commands } = answer;
  if (commands.some(([name]) => name === 'END')) return end(state, 'END');
  const runs = commands.map((wire): CommandRun => ({ wire, replayLog: [], result: { status: UNAVAILABLE } }));
  const north: ExecutingSession = { ...openMembersOf(state.north), phase: 'executing', runs, msgId: answer.msgId };
  const { device, ...composed } = composePackage3(environment, north, state.device);
  return post({ north, device }, { number: 3, isLast: true, ...composed });
}

function postPackage1(
  environment: NorthEnvironment,
  state: NorthState<WaitingSession | StartingSession>,
  prepared: PreparedStart | undefined,
): NorthStep {
  const { north } = state;
  const { device, ...composed } = composePackage1(environment, north, state.device, prepared);
  const sent = deliverySent(environment, device, composed.alerts);
  return post({ north, device: sent }, { number: 1, ...composed });
}

/** Any 2xx means that the backend has taken the alerts, even when the rest of the answer cannot be used. */
function receiveAnswer(
  environment: NorthEnvironment,
  state: NorthState<PostingSession>,
  { id, reply }: Extract<NorthInput, { readonly type: 'replied' }>,
): NorthStep {
  if (id !== state.north.post.id) return ignore(state);
  const { post: sent, isOvertaken, report } = state.north;
  const status = 'status' in reply ? reply.status : reply.answered;
  const { device, effects } = deliveryAnswered(environment, state, status);
  const answered = { north: state.north, device };
  if (status === undefined || !isHttpSuccess(status)) {
    const ended = isOvertaken === true ? endSilently(answered) : end(answered, refusalOf(reply, state.north.url));
    return { state: ended.state, effects: [...effects, ...ended.effects] };
  }
  if (sent.alerts.length > 0) effects.push({ type: 'delivered', seqs: sent.alerts });
  if (sent.package === 1 && report !== undefined) effects.push({ type: 'reportDelivered' });
  const next = useReply(withoutAlerts(environment, sent.alerts), answered, reply);
  effects.push(...next.effects);
  return { state: next.state, effects };
}

/** The environment without the alerts that the backend has taken. */
function withoutAlerts(environment: NorthEnvironment, seqs: readonly number[]): NorthEnvironment {
  if (seqs.length === 0) return environment;
  const taken = new Set(seqs);
  return { ...environment, outbox: environment.outbox.filter(({ seq }) => !taken.has(seq)) };
}

/** Uses the reply for that which its package was sent for. */
function useReply(environment: NorthEnvironment, state: NorthState<PostingSession>, reply: RepositoryReply): NorthStep {
  const { isOvertaken, isLastPackage, isDeclining } = state.north;
  if (isOvertaken === true) return endSilently(state);
  if (isLastPackage) return end(state, 'the device is gone');
  return isDeclining === true ? declinePackage2(environment, state, reply) : executePackage2(environment, state, reply);
}

function executePackage2(
  environment: NorthEnvironment,
  state: NorthState<PostingSession>,
  reply: RepositoryReply,
): NorthStep {
  const { north, device } = state;
  const answer = answerIn(environment, state, reply);
  if (typeof answer === 'string') return end(state, answer);
  const { commands, msgId } = answer;
  const emptyLists = commands.length === 0 ? north.emptyLists + 1 : 0;
  if (emptyLists > MAX_EMPTY_LISTS) return end(state, 'three empty command lists in a row');
  const executing: Mutable<ExecutingSession> = {
    ...openMembersOf(north),
    phase: 'executing',
    runs: commands.map((wire): CommandRun => ({ wire, replayLog: [] })),
    emptyLists,
    knowledge: forNextPackage(north.knowledge),
  };
  // It counts for the packages that follow, too, until another one comes (DM-2.0 §5.5).
  const accept = 'status' in reply ? reply.headers['omadm-accept'] : undefined;
  if (accept !== undefined) executing.accept = accept;
  const missing = missingMessages(north.msgId, msgId);
  executing.msgId = msgId;
  const step = proceed(environment, { north: executing, device });
  return missing === undefined ? step : { state: step.state, effects: [missing, ...step.effects] };
}

/** The answer in the reply, or the reason why the session cannot go on with it. */
function answerIn(
  environment: NorthEnvironment,
  { north }: NorthState<PostingSession>,
  reply: RepositoryReply,
): Answer | string {
  return 'status' in reply ? readAnswer(environment, reply) : refusalOf(reply, north.url);
}
