/**
 * The three HTTP applications, each a few middlewares in reading order.
 *
 * south: devices; north: the backend; admin: operators and probes. Paths of the contract that are not built yet answer
 * 501, all others 404.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Journal } from '../log-events.ts';
import { type DdfHost, ddfEndpoint } from './ddf-endpoint.ts';
import { type DeviceEndpointOptions, deviceEndpoint } from './device-endpoint.ts';
import { answerErrorsAsProblems, answerErrorsAsText, answerProblem, answerText } from './error-handler.ts';

/** The application that devices talk to. */
export function southApp(options: DeviceEndpointOptions, journal: Journal): Koa {
  const app = newApp(journal);
  app.use(answerErrorsAsText(journal));
  app.use(deviceEndpoint(options));
  app.use((context) => answerText(context, 404, 'there is nothing at this path'));
  return app;
}

/** The application that the backend calls. */
export function northApp(host: DdfHost, journal: Journal): Koa {
  const router = new Router();
  router.all('/notifications/:devId', notBuilt('notifications'));
  router.all('/bootstrap', notBuilt('bootstrap'));
  router.get('/ddf/{*file}', ddfEndpoint(host));
  return problemApp(router, journal);
}

/** What the admin listener needs to know of the rest. */
export interface AdminHost {
  /** Absent: the listener is on loopback and asks for none. */
  readonly token: string | undefined;
  /** Names of what is not ready; empty: ready. */
  notReady(): Promise<readonly string[]>;
}

/** The application for operators and probes. */
export function adminApp(host: AdminHost, journal: Journal): Koa {
  const router = new Router();
  const authorized = requireToken(host.token);
  router.get('/healthz', (context) => {
    context.body = { status: 'ok' };
  });
  router.get('/readyz', async (context) => {
    const missing = await host.notReady();
    context.status = missing.length === 0 ? 200 : 503;
    context.body = missing.length === 0 ? { status: 'ready' } : { status: 'not ready', missing };
  });
  router.all('/metrics', authorized, notBuilt('metrics'));
  router.all('/api/v1{/*path}', authorized, notBuilt('the admin API'));
  router.all('/openapi.json', notBuilt('the OpenAPI document'));
  router.all('/', notBuilt('the console'));
  return problemApp(router, journal);
}

function newApp(journal: Journal): Koa {
  const app = new Koa();
  // What the error handlers do not see: a client that broke off while its answer was written.
  app.on('error', (error: unknown) => journal.log('debug', 'answer not delivered', { error }));
  return app;
}

function problemApp(router: Router, journal: Journal): Koa {
  const app = newApp(journal);
  app.use(answerErrorsAsProblems(journal));
  app.use(async (context, next) => {
    context.set('Cache-Control', 'no-store');
    await next();
  });
  app.use(router.routes());
  app.use((context) => {
    const allowed = router.match(context.path, context.method).path.flatMap(({ methods }) => methods);
    if (allowed.length === 0) return answerProblem(context, 404, 'there is nothing at this path');
    context.set('Allow', allowed.join(', '));
    answerProblem(context, 405, `${context.method} is not answered here`);
  });
  return app;
}

function notBuilt(what: string): Middleware {
  return (context) => answerProblem(context, 501, `not built yet: ${what}`);
}

/** RFC 6750 §2.1. Compares digests, so that neither length nor content shows in the time it takes. */
function requireToken(token: string | undefined): Middleware {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return async (context, next) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(context.get('authorization')) ?? [];
    if (token !== undefined && (given === undefined || !timingSafeEqual(digest(given), digest(token)))) {
      context.set('WWW-Authenticate', 'Bearer realm="dmbridge"');
      return answerProblem(context, 401, 'a valid bearer token is required');
    }
    return next();
  };
}
