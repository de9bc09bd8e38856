/** The application for operators and probes. A path that is not built yet answers 501. */
import { createHash, timingSafeEqual } from 'node:crypto';
import Router from '@koa/router';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { sendProblem } from './error-handler.ts';
import { type MetricsHost, metricsEndpoint } from './metrics-endpoint.ts';
import { newRouterApp, notBuilt } from './new-app.ts';
import { addOutboxRoutes, type OutboxHost } from './outbox-endpoint.ts';

export interface AdminHost extends OutboxHost, MetricsHost {
  /** The bearer token of the API as it is now; undefined: the listener is on loopback and needs none. */
  token(): string | undefined;
  /** The names of the parts that are not ready; empty when the bridge is ready. */
  notReady(): Promise<readonly string[]>;
}

export function adminApp(host: AdminHost, journal: Journal): Koa {
  const router = new Router();
  const authorized = requireToken(() => host.token());
  router.get('/healthz', (context) => {
    context.body = { status: 'ok' };
  });
  router.get('/readyz', async (context) => {
    const missing = await host.notReady();
    const isReady = missing.length === 0;
    context.status = isReady ? HTTP.ok : HTTP.serviceUnavailable;
    context.body = isReady ? { status: 'ready' } : { status: 'not ready', missing };
  });
  router.get('/metrics', authorized, metricsEndpoint(host));
  addOutboxRoutes(router, authorized, host);
  router.all('/api/v1{/*path}', authorized, notBuilt('the admin API'));
  router.all('/openapi.json', notBuilt('the OpenAPI document'));
  router.all('/', notBuilt('the console'));
  return newRouterApp(router, journal);
}

/** Refuses requests without the bearer token (RFC 6750 §2.1). */
function requireToken(currentToken: () => string | undefined): Middleware {
  // The comparison of digests takes the same time for every length and content of the given token.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return async (context, next) => {
    const token = currentToken();
    const [, given] = /^Bearer +(\S+)$/i.exec(context.get('authorization')) ?? [];
    if (token !== undefined && (given === undefined || !timingSafeEqual(digest(given), digest(token)))) {
      context.set('WWW-Authenticate', 'Bearer realm="dmbridge"');
      return sendProblem(context, HTTP.unauthorized, 'a valid bearer token is required');
    }
    return next();
  };
}
