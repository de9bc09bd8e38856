/** The application for every request of a device that is not an ordinary POST. */
import type Koa from 'koa';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { type DeviceEndpoint, type DeviceTarget, errorReply } from './device-endpoint.ts';
import { NO_STORE, refusalOf } from './device-headers.ts';
import { sendReply, textReply } from './device-reply.ts';
import { answerEarly } from './early-answer.ts';
import { loggedRequest } from './error-handler.ts';
import { newApp } from './new-app.ts';

const NOTHING_HERE = textReply(HTTP.notFound, 'there is nothing at this path');
const ONLY_POST = textReply(HTTP.methodNotAllowed, 'this path accepts only POST', { ...NO_STORE, Allow: 'POST' });

export function southApp(endpoint: DeviceEndpoint, journal: Journal): Koa {
  const app = newApp(journal);
  app.use(async (context, next) => {
    // Replies are sent as those to ordinary POSTs are.
    context.respond = false;
    try {
      await next();
    } catch (error) {
      sendReply(context.res, errorReply(error, loggedRequest(context), journal));
    }
  });
  app.use(async ({ req, res, method, path, search }) => {
    const target = targetAt(endpoint.path, path, search);
    if (target === undefined) return answerEarly(req, res, NOTHING_HERE);
    const refusal = method === 'POST' ? refusalOf(req.headers) : ONLY_POST;
    if (refusal !== undefined) return answerEarly(req, res, refusal);
    await endpoint.handle(req, res, target);
  });
  return app;
}

/** The target of a request at `base` or below it; undefined for any other path. */
export function targetAt(base: string, path: string, search: string): DeviceTarget | undefined {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  return { path, search, token: path.slice(base.length + 1).split('/')[0] ?? '' };
}
