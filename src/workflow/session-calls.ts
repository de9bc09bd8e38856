/**
 * Calls of a running workflow to its session: requests that neither the device, nor the Data Repository, nor the MO cache has
 * to answer. The session answers them at once, so that they do not pass through all the generators of a workflow.
 *
 * A workflow runs synchronously between two of its yields, and its caller says for exactly this time who answers. So the session
 * is found here, and not in a parameter of each function. Without one, and while an earlier command could change the result, the
 * request is yielded like any other.
 */
import type { WorkflowRequest } from './request.ts';
import type { WorkflowResult } from './result.ts';

/** `Workflow` of workflow.ts, which imports this file. */
type Running<T> = Generator<WorkflowRequest, T, WorkflowResult>;

/** A request that needs nothing from outside. */
export type SessionRequest = Exclude<WorkflowRequest, { readonly kind: 'device' | 'http' | 'cacheEntry' | 'turn' }>;

export interface WorkflowSession {
  /** The result; undefined while an earlier command could change it. */
  answer(request: SessionRequest): WorkflowResult | undefined;
}

let current: WorkflowSession | undefined;

/** Runs the workflow up to its next yield; `session` answers its calls. The first run of a workflow has no `result`. */
export function runInSession<T>(
  session: WorkflowSession | undefined,
  workflow: Running<T>,
  result?: WorkflowResult,
): IteratorResult<WorkflowRequest, T> {
  const outer = current;
  current = session;
  try {
    return result === undefined ? workflow.next() : workflow.next(result);
  } finally {
    current = outer;
  }
}

/**
 * The result of a request that no earlier command can change.
 * @throws TypeError outside a session, which is a fault of the caller
 */
export function callSession(wanted: SessionRequest): WorkflowResult {
  const result = current?.answer(wanted);
  if (result === undefined) throw new TypeError(`the session has no result for "${wanted.kind}"`);
  return result;
}

/** The result of a request; undefined when the session has none at once, so that the request is to be yielded. */
export function resultAtOnce(wanted: SessionRequest): WorkflowResult | undefined {
  return current?.answer(wanted);
}
