/** The beginnings that the HTTP applications share. */
import type Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { errorsAsProblems, sendProblem } from './error-handler.ts';

/** An application without routes. */
export function newApp(journal: Journal): Koa {
  const app = new Koa();
  // The error handlers do not see a client that disconnects while its response is written.
  app.on('error', (error: unknown) => journal.log('http.response_not_delivered', { error }));
  return app;
}

/** An application that serves the router's paths and answers errors and unknown paths with problem documents. */
export function newRouterApp(router: Router, journal: Journal): Koa {
  const app = newApp(journal);
  app.use(errorsAsProblems(journal));
  app.use(async (context, next) => {
    context.set('Cache-Control', 'no-store');
    await next();
  });
  app.use(router.routes());
  app.use((context) => {
    const allowed = router.match(context.path, context.method).path.flatMap(({ methods }) => methods);
    if (allowed.length === 0) return sendProblem(context, HTTP.notFound, 'there is nothing at this path');
    context.set('Allow', allowed.join(', '));
    sendProblem(context, HTTP.methodNotAllowed, `this path does not accept ${context.method}`);
  });
  return app;
}

/** Answers 501 and names the function that this version does not have. */
export function notBuilt(name: string): Middleware {
  return (context) => sendProblem(context, HTTP.notImplemented, `not built yet: ${name}`);
}
