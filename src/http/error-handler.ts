/**
 * Turns every thrown error into an HTTP response.
 *
 * A device gets one line of text, because no DM message could be built. The north and the admin listener send
 * `application/problem+json` (RFC 9457).
 */
import { STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import { DmError, HTTP_STATUS, StoreError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';

/** A request as the log names it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** The address of the connection. */
  readonly from: string | undefined;
}

/** The part of an error that its client may know. */
export interface PublicError {
  readonly status: number;
  readonly message: string;
  /** Beside those of the body. */
  readonly headers: Readonly<Record<string, string>>;
}

/** For a failure of the bridge's own, in seconds. */
const RETRY_LATER = { 'Retry-After': '5' };

/** Logs an error. Any error that is not a DmError is a bug: the client gets 500 without details, the log gets the stack. */
export function reportError(error: unknown, request: LoggedRequest, journal: Journal): PublicError {
  const status = error instanceof DmError ? HTTP_STATUS[error.code] : HTTP.internalServerError;
  const { method, path, from } = request;
  const event = status < HTTP.internalServerError ? 'http.request_refused' : 'http.request_failed';
  journal.log(event, { method, path, status, from, error });
  return { status, message: publicMessage(error), headers: status === HTTP.serviceUnavailable ? RETRY_LATER : {} };
}

/** Sends errors as problem documents. */
export function errorsAsProblems(journal: Journal): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      const { status, message, headers } = reportError(error, loggedRequest(context), journal);
      context.set(headers);
      sendProblem(context, status, message);
    }
  };
}

/** The request of a context as the log names it. */
export function loggedRequest({ method, path, req }: Context): LoggedRequest {
  return { method, path, from: req.socket.remoteAddress };
}

/** The message for a client. That of a store names files of this machine, which only the log may show. */
function publicMessage(error: unknown): string {
  if (error instanceof StoreError) return 'the store cannot be used now: try again later';
  return error instanceof DmError ? error.message : 'internal error';
}

/** Sends a problem document (RFC 9457). */
export function sendProblem(context: Context, status: number, detail: string): void {
  context.status = status;
  context.body = problemDocument(status, detail);
  context.set('Content-Type', PROBLEM_TYPE);
}

export const PROBLEM_TYPE = 'application/problem+json';

/** The text of a problem document (RFC 9457). */
export function problemDocument(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
}
