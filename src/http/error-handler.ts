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

/** Sends errors as one line of text. */
export function errorsAsText(journal: Journal): Middleware {
  return catchErrors(journal, sendText);
}

/** Sends errors as problem documents. */
export function errorsAsProblems(journal: Journal): Middleware {
  return catchErrors(journal, sendProblem);
}

/** Seconds; for a failure of the bridge's own. */
const RETRY_AFTER_S = '5';

type Send = (context: Context, status: number, message: string) => void;

/** Any error that is not a DmError is a bug: the client gets 500 without details, the log gets the stack. */
function catchErrors(journal: Journal, send: Send): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      const status = error instanceof DmError ? HTTP_STATUS[error.code] : HTTP.internalServerError;
      journal.log(status < HTTP.internalServerError ? 'http.request_refused' : 'http.request_failed', {
        method: context.method,
        path: context.path,
        status,
        from: context.req.socket.remoteAddress,
        error,
      });
      if (status === HTTP.serviceUnavailable) context.set('Retry-After', RETRY_AFTER_S);
      send(context, status, publicMessage(error));
    }
  };
}

/** The message for a client. That of a store names files of this machine, which only the log may show. */
function publicMessage(error: unknown): string {
  if (error instanceof StoreError) return 'the store cannot be used now: try again later';
  return error instanceof DmError ? error.message : 'internal error';
}

/** Sends one line of plain text. */
export function sendText(context: Context, status: number, line: string): void {
  context.status = status;
  context.type = 'text/plain; charset=utf-8';
  context.body = `${line.replaceAll(/[\r\n]+/g, ' ')}\n`;
}

/** Sends a problem document (RFC 9457). */
export function sendProblem(context: Context, status: number, detail: string): void {
  context.status = status;
  context.body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
  context.set('Content-Type', 'application/problem+json');
}
