/**
 * The one place where what was thrown becomes an HTTP answer.
 *
 * South a device gets one line of text: no DM message could be built (design: bad input). North and on the admin
 * listener it is `application/problem+json` (RFC 9457).
 */
import type { Context, Middleware } from 'koa';
import { DmError, HTTP_STATUS } from '../errors.ts';
import type { Journal } from '../log-events.ts';

/** Turns errors into one line of text; anything that is no DmError is a bug: 500, and its stack is logged. */
export function answerErrorsAsText(journal: Journal): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      answerText(context, report(journal, context, error), error instanceof DmError ? error.message : 'internal error');
    }
  };
}

/** Turns errors into problem documents. */
export function answerErrorsAsProblems(journal: Journal): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      answerProblem(
        context,
        report(journal, context, error),
        error instanceof DmError ? error.message : 'internal error',
      );
    }
  };
}

/** One line of plain text. */
export function answerText(context: Context, status: number, line: string): void {
  context.status = status;
  context.type = 'text/plain; charset=utf-8';
  context.body = `${line.replaceAll(/[\r\n]+/g, ' ')}\n`;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/** A problem document (RFC 9457). */
export function answerProblem(context: Context, status: number, detail: string): void {
  context.status = status;
  context.body = JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail });
  context.set('Content-Type', 'application/problem+json');
}

function report(journal: Journal, context: Context, error: unknown): number {
  const status = error instanceof DmError ? HTTP_STATUS[error.code] : 500;
  journal.log(status < 500 ? 'warn' : 'error', 'request failed', {
    method: context.method,
    path: context.path,
    status,
    from: context.req.socket.remoteAddress,
    error,
  });
  return status;
}
