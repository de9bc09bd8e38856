/** Refuses a request of the north listener with a problem document, without waiting for its body. */
import type { Context } from 'koa';
import { answerEarly } from './early-answer.ts';
import { PROBLEM_TYPE, problemDocument } from './error-handler.ts';

/** Headers that the context has already are sent, too. */
export function refuseWithProblem(context: Context, status: number, detail: string): void {
  context.respond = false;
  const headers = { 'Content-Type': PROBLEM_TYPE };
  answerEarly(context.req, context.res, { status, headers, body: problemDocument(status, detail) });
}
