/**
 * Combinators: workflows made of workflows.
 *
 * They only pass requests and results on, so that a replay of the whole replays the parts.
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import { commonAncestor, locUriOfTarget } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import { effectiveStatus } from '../translate/status.ts';
import type { CommandDraft, DeviceRequest, WorkflowRequest } from './request.ts';
import { expectResult, type WorkflowResult } from './result.ts';
import type { Workflow } from './workflow.ts';

/** Most commands of one round trip: unanswered commands are stored again with every message of the device. */
const MAX_COMMANDS_PER_ROUND_TRIP = 256;

interface Branch<T> {
  readonly workflow: Workflow<T>;
  /** Its last request, or its end; undefined before its start. */
  step?: IteratorResult<WorkflowRequest, T>;
  /** The outcomes of its last request, until it goes on with them. */
  outcomes?: readonly CommandOutcome[] | undefined;
}

/**
 * Runs workflows side by side: their device requests go out together, so that independent reads share a round trip. All
 * other requests are made one after the other, in order.
 */
export function* all<T>(workflows: readonly Workflow<T>[]): Workflow<readonly T[]> {
  const [only] = workflows;
  if (only !== undefined && workflows.length === 1) return [yield* only];
  const branches = workflows.map((workflow): Branch<T> => ({ workflow }));
  for (;;) {
    const waiting: { branch: Branch<T>; request: DeviceRequest }[] = [];
    for (const branch of branches) {
      const request = yield* runToDeviceRequest(branch);
      if (request !== undefined) waiting.push({ branch, request });
    }
    if (waiting.length === 0) break;
    const requests = waiting.map(({ request }) => request);
    const count = countOfNextRoundTrip(requests);
    const { outcomes } = expectResult(yield merge(requests.slice(0, count), requests.slice(count)), 'device');
    let from = 0;
    for (const { branch, request } of waiting.slice(0, count)) {
      branch.outcomes = outcomes.slice(from, from + request.commands.length);
      from += request.commands.length;
    }
  }
  return branches.map(({ step }) => {
    if (step?.done !== true) throw new TypeError('a branch has not ended');
    return step.value;
  });
}

/**
 * Makes the requests of a branch up to its next one for the device; undefined when the branch has ended. No branch runs before
 * all earlier ones wait for the device, so that calls to the session and yielded requests have one order, which a replay repeats.
 */
function* runToDeviceRequest<T>(branch: Branch<T>): Workflow<DeviceRequest | undefined> {
  const { workflow, outcomes } = branch;
  let { step } = branch;
  if (step === undefined) step = workflow.next();
  else if (outcomes !== undefined) step = workflow.next({ kind: 'device', outcomes });
  branch.outcomes = undefined;
  while (step.done !== true && step.value.kind !== 'device') step = workflow.next(yield step.value);
  branch.step = step;
  return step.done !== true && step.value.kind === 'device' ? step.value : undefined;
}

/** The number of requests that go out together: at least one, and no more commands than the limit of a round trip. */
function countOfNextRoundTrip(requests: readonly DeviceRequest[]): number {
  let room = MAX_COMMANDS_PER_ROUND_TRIP;
  const end = requests.findIndex(({ commands }) => {
    room -= commands.length;
    return room < 0;
  });
  return end < 0 ? requests.length : Math.max(1, end);
}

/** One request for those that go out now; `later` are those that follow in another round trip. */
function merge(now: readonly DeviceRequest[], later: readonly DeviceRequest[]): DeviceRequest {
  return {
    kind: 'device',
    commands: now.flatMap(({ commands }) => commands),
    writes: now.flatMap(({ writes }) => writes),
    willWrite: [
      ...now.flatMap(({ willWrite }) => willWrite),
      ...later.flatMap(({ writes, willWrite }) => [...writes, ...willWrite]),
    ],
    mayRead: [...now.flatMap(({ mayRead }) => mayRead), ...commonRead(later)],
  };
}

/** The deepest node above all that the requests read; thousands of LocURIs would make every stored session large. */
function commonRead(requests: readonly DeviceRequest[]): readonly TreeChange[] {
  const locUris = requests.flatMap(({ commands, mayRead }) => [
    ...commands.flatMap(({ items }) => items.flatMap(({ target }) => target ?? [])).map(locUriOfTarget),
    ...mayRead.map(({ locUri }) => locUri),
  ]);
  const locUri = commonAncestor(locUris);
  return locUri === undefined ? [] : [{ locUri, change: 'structure' }];
}

/** The workflow with `willWrite` in each of its device requests: its reads prepare these writes. */
export function withLaterWrites<T>(workflow: Workflow<T>, willWrite: readonly TreeChange[]): Workflow<T> {
  return withRequests(workflow, (request) => {
    if (request.kind === 'cacheEntry' && request.of === 'values') {
      // A read may be content with an entry that only a policy calls current; a write needs the device's real values.
      const { policy: _, ...confirmed } = request;
      return confirmed;
    }
    return request.kind === 'device' ? { ...request, willWrite: [...request.willWrite, ...willWrite] } : request;
  });
}

/** The workflow with `mayRead` in each of its device requests: no later command may change these places before. */
export function withLaterReads<T>(workflow: Workflow<T>, mayRead: readonly TreeChange[]): Workflow<T> {
  return withRequests(workflow, (request) =>
    request.kind === 'device' ? { ...request, mayRead: [...request.mayRead, ...mayRead] } : request,
  );
}

/** The workflow with every request changed on its way out. */
function* withRequests<T>(workflow: Workflow<T>, change: (request: WorkflowRequest) => WorkflowRequest): Workflow<T> {
  let step = workflow.next();
  while (step.done !== true) {
    const result: WorkflowResult = yield change(step.value);
    step = workflow.next(result);
  }
  return step.value;
}

/** The value of the workflow, and whether `isAccepted` holds for the outcomes of all its device commands. */
export function* withOutcomeCheck<T>(
  workflow: Workflow<T>,
  isAccepted: (command: CommandDraft, outcome: CommandOutcome) => boolean,
): Workflow<{ readonly value: T; readonly allAccepted: boolean }> {
  let allAccepted = true;
  let step = workflow.next();
  while (step.done !== true) {
    const request = step.value;
    const result: WorkflowResult = yield request;
    if (request.kind === 'device' && result.kind === 'device') {
      allAccepted &&= request.commands.every((command, at) => {
        const outcome = result.outcomes[at];
        return outcome !== undefined && isAccepted(command, outcome);
      });
    }
    step = workflow.next(result);
  }
  return { value: step.value, allAccepted };
}

/**
 * The workflow with one more try for every command that the device has not executed for a reason that passes, as the
 * status table says: 215 after an abort of an earlier command, 424 when a large object was cut.
 */
export function* withRetry<T>(table: StatusTable, workflow: Workflow<T>): Workflow<T> {
  let step = workflow.next();
  while (step.done !== true) {
    const request = step.value;
    const result = yield request;
    if (request.kind !== 'device' || result.kind !== 'device') {
      step = workflow.next(result);
      continue;
    }
    const outcomes = yield* retryRefused(table, request, result.outcomes);
    step = workflow.next({ kind: 'device', outcomes });
  }
  return step.value;
}

function* retryRefused(
  table: StatusTable,
  request: DeviceRequest,
  outcomes: readonly CommandOutcome[],
): Workflow<readonly CommandOutcome[]> {
  const refused = outcomes.flatMap((outcome, at) => (isRetried(table, outcome) ? [at] : []));
  if (refused.length === 0) return outcomes;
  const commands = refused.flatMap((at) => request.commands[at] ?? []);
  const second = expectResult(yield { ...request, commands }, 'device');
  return outcomes.map((outcome, at) => {
    const repeated = second.outcomes[refused.indexOf(at)];
    if (repeated === undefined) return outcome;
    // The second try may have met what the first one has left in the tree.
    const isBrokenOff = outcome.brokenOff === true && !isExecuted(repeated.status);
    return isBrokenOff ? { ...repeated, brokenOff: true } : repeated;
  });
}

function isRetried(table: StatusTable, outcome: CommandOutcome): boolean {
  const rule = table.toDm2.find(({ dm1 }) => dm1.includes(effectiveStatus(outcome)));
  return rule?.retry === 'again';
}
