/** Refuses a request of a device. The answer does not wait for the body. */
import type { Context } from 'koa';
import { answerEarly } from './early-answer.ts';
import { sendProblem, sendText } from './error-handler.ts';

/** Refuses with one line of text. */
export function refuse(context: Context, status: number, line: string): void {
  sendText(context, status, line);
  sendNow(context);
}

/** Refuses with a problem document. */
export function refuseWithProblem(context: Context, status: number, detail: string): void {
  sendProblem(context, status, detail);
  sendNow(context);
}

/** Sends the answer that was set. A connection goes on only behind a request without a body. */
function sendNow(context: Context): void {
  const { 'content-length': length, 'transfer-encoding': transferCoding } = context.req.headers;
  if (transferCoding === undefined && (length === undefined || length === '0')) return;
  context.respond = false;
  answerEarly(context.req, context.res, context.status, String(context.body));
}
