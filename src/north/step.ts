/**
 * The transition of a northbound session: Package#1, #2, #3 in their order, and the end in order whatever the backend
 * does (DM-2.0 §5.2, §5.6).
 */
import type { OutboxItem } from '../device/outbox-item.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { parsePackage2 } from '../dm2/codec.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { keepForNextPackage, NOTHING_KNOWN } from '../tree/tree-knowledge.ts';
import type { CurrentCacheEntry } from '../workflow/cache-entry.ts';
import type { RepositoryReply } from '../workflow/repository.ts';
import { acceptCacheEntry, acceptOutcomes, acceptReply, advance, isFinished, releaseDevice } from './executor.ts';
import type { CommandRun, NorthSession } from './north-session.ts';
import type { NorthEffect, NorthEnvironment, NorthState, NorthStep } from './north-state.ts';
import { composePackage1, composePackage3, needsDiscovery } from './packages.ts';
import { WITH_MOS } from './start.ts';

export type NorthInput =
  /** The device's Package#1 is complete and authenticated: the backend may hear of it. */
  | { readonly type: 'opened' }
  | { readonly type: 'outcomes'; readonly outcomes: readonly CommandOutcome[] }
  | { readonly type: 'replied'; readonly id: string; readonly reply: RepositoryReply }
  | { readonly type: 'cacheRead'; readonly id: string; readonly entry?: CurrentCacheEntry }
  /** No more messages will come from the device; `outcomes` is what it still told. */
  | { readonly type: 'deviceGone'; readonly outcomes?: readonly CommandOutcome[] }
  /** Found in the store with a request on its way that nobody waits for any more. */
  | { readonly type: 'interrupted' };

/** Two empty command lists are a backend that thinks; the third in a row is one that loops. */
const MOST_EMPTY_LISTS = 2;

export function openNorthSession(id: string, url: string, report?: Dm2Alert): NorthSession {
  return {
    id,
    phase: 'waiting',
    url,
    runs: [],
    knowledge: NOTHING_KNOWN,
    emptyLists: 0,
    counter: 1,
    deviceGone: report !== undefined,
    lastPackage: false,
    ...(report === undefined ? {} : { report }),
  };
}

/** Pure: same state and input, same answer. `outbox` holds the alerts that the backend has not taken yet. */
export function stepNorth(
  environment: NorthEnvironment,
  state: NorthState,
  outbox: readonly OutboxItem[],
  input: NorthInput,
): NorthStep {
  if (state.north.phase === 'ended') return { state, effects: [] };
  switch (input.type) {
    case 'opened':
      return open(environment, state, outbox);
    case 'outcomes':
      return proceed(environment, acceptOutcomes(state, input.outcomes), outbox);
    case 'replied':
      return input.id === state.north.post?.id
        ? takePackage2(environment, state, outbox, input.reply)
        : proceed(environment, acceptReply(state, input.id, input.reply), outbox);
    case 'cacheRead':
      return proceed(environment, acceptCacheEntry(state, input.id, input.entry), outbox);
    case 'deviceGone':
      if (state.north.phase === 'waiting') return end(state, 'the device left before its Package#1 was complete');
      return proceed(environment, releaseDevice(acceptOutcomes(state, input.outcomes ?? [])), outbox);
    case 'interrupted':
      return resume(environment, state, outbox);
  }
}

function open(environment: NorthEnvironment, state: NorthState, outbox: readonly OutboxItem[]): NorthStep {
  if (state.north.phase !== 'waiting') return { state, effects: [] };
  const withMos = environment.context.account.alwaysSendMos;
  const discover =
    state.north.report === undefined && (withMos || needsDiscovery(environment.context, state.device, outbox));
  if (!discover) return post(environment, state, outbox, 1);
  const run: CommandRun = { wire: withMos ? [WITH_MOS] : [], replayLog: [] };
  return proceed(environment, withNorth(state, { phase: 'starting', runs: [run] }), outbox);
}

/**
 * After a restart nobody waits for what was on its way. What must not be sent twice ends the session; a GET or PUT is
 * simply made again (design: crash between a north POST and its commit).
 */
function resume(environment: NorthEnvironment, state: NorthState, outbox: readonly OutboxItem[]): NorthStep {
  const { north } = state;
  const isPosting = north.runs.some(({ waiting }) => waiting?.kind === 'http' && waiting.method === 'POST');
  if (north.phase === 'posting' || isPosting) return end(state, 'interrupted while a POST was on its way');
  const runs = north.runs.map(
    ({ waiting, ...run }): CommandRun => (waiting?.kind === 'device' ? { ...run, waiting } : run),
  );
  return proceed(environment, withNorth(state, { runs }), outbox);
}

/** True when a restart would have to resume it: it waits for the backend, the repository or the store. */
export function isAwaitingReply({ phase, runs }: NorthSession): boolean {
  return phase === 'posting' || runs.some(({ waiting }) => waiting !== undefined && waiting.kind !== 'device');
}

/** Executes as far as possible; when all is done, the package that tells so leaves. */
function proceed(environment: NorthEnvironment, state: NorthState, outbox: readonly OutboxItem[]): NorthStep {
  const { phase } = state.north;
  if (phase !== 'starting' && phase !== 'executing') return { state, effects: [] };
  const step = advance(environment, state);
  if (!isFinished(step.state.north)) return step;
  const next =
    phase === 'starting' ? post(environment, step.state, outbox, 1) : closePackage2(environment, step.state, outbox);
  return { state: next.state, effects: [...step.effects, ...next.effects] };
}

/** END: everything was executed, no Package#3 (DM-2.0 §5.3.9). CONT: the last one wins (§5.3.8). */
function closePackage2(environment: NorthEnvironment, state: NorthState, outbox: readonly OutboxItem[]): NorthStep {
  const { north } = state;
  if (north.runs.some(({ result }) => result?.end === true)) return end(state, 'END');
  const url = north.runs.findLast(({ result }) => result?.continueAt !== undefined)?.result?.continueAt ?? north.url;
  return post(environment, withNorth(state, { url }), outbox, 3);
}

function post(
  environment: NorthEnvironment,
  state: NorthState,
  outbox: readonly OutboxItem[],
  number: 1 | 3,
): NorthStep {
  const { north } = state;
  const compose = number === 1 ? composePackage1 : composePackage3;
  const { contentType, body } = compose(environment.context, state, outbox);
  const id = `p${north.counter}`;
  const post = {
    id,
    package: number,
    url: north.url,
    alerts: north.report === undefined ? outbox.map(({ seq }) => seq) : [],
  };
  const headers = {
    'content-type': contentType,
    accept: 'application/vnd.oma.dm.request+json',
    'omadm-devid': state.device.devId,
  };
  const posted = withNorth(state, {
    phase: 'posting',
    post,
    counter: north.counter + 1,
    runs: [],
    lastPackage: number === 3 && north.deviceGone && north.report === undefined,
  });
  const request = { method: 'POST' as const, url: north.url, headers, body };
  return { state: posted, effects: [{ type: 'request', id, purpose: 'package', request }] };
}

/** Any 2xx means that the alerts were taken, whatever else the answer is worth (design: outbox). */
function takePackage2(
  environment: NorthEnvironment,
  state: NorthState,
  outbox: readonly OutboxItem[],
  reply: RepositoryReply,
): NorthStep {
  const { post: sent, ...rest } = state.north;
  if (!('status' in reply)) return end(state, `backend ${reply.failure}: ${reply.reason}`);
  if (reply.status < 200 || reply.status > 299) return end(state, `backend answered ${reply.status}`);
  const delivered: readonly NorthEffect[] = [
    ...(sent === undefined || sent.alerts.length === 0 ? [] : [{ type: 'delivered' as const, seqs: sent.alerts }]),
    ...(sent?.package === 1 && rest.report !== undefined ? [{ type: 'reportDelivered' as const }] : []),
  ];
  const left = outbox.filter(({ seq }) => sent?.alerts.includes(seq) !== true);
  const next = rest.lastPackage
    ? end({ ...state, north: rest }, 'the device is gone')
    : execute(environment, { ...state, north: rest }, left, reply);
  return { state: next.state, effects: [...delivered, ...next.effects] };
}

function execute(
  environment: NorthEnvironment,
  state: NorthState,
  outbox: readonly OutboxItem[],
  reply: Extract<RepositoryReply, { status: number }>,
): NorthStep {
  const { north } = state;
  // It holds for the packages that follow, too, until another one comes (DM-2.0 §5.5).
  const accept = reply.headers['omadm-accept'];
  try {
    const runs = parsePackage2(reply.body).CMD.map((wire): CommandRun => ({ wire, replayLog: [] }));
    const emptyLists = runs.length === 0 ? north.emptyLists + 1 : 0;
    if (emptyLists > MOST_EMPTY_LISTS) return end(state, 'three empty command lists in a row');
    const executing: NorthSession = {
      ...north,
      phase: 'executing',
      runs,
      emptyLists,
      knowledge: keepForNextPackage(north.knowledge),
      ...(accept === undefined ? {} : { accept }),
    };
    return proceed(environment, { ...state, north: executing }, outbox);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return end(state, `invalid Package#2: ${error.message}`);
  }
}

/** Nothing is left to do; what was read of the tree is of no more use. */
function end(state: NorthState, reason: string): NorthStep {
  const { post: _, ...north } = state.north;
  const ended: NorthSession = { ...north, phase: 'ended', runs: [], knowledge: NOTHING_KNOWN, endReason: reason };
  return {
    state: { ...state, north: ended },
    effects: [{ type: 'log', event: 'north.ended', facts: { reason } }],
  };
}

function withNorth(state: NorthState, change: Partial<NorthSession>): NorthState {
  return { ...state, north: { ...state.north, ...change } };
}
