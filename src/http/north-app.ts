/** The application that backends call. A path that is not built yet answers 501. */
import Router from '@koa/router';
import type Koa from 'koa';
import type { Journal } from '../log-events.ts';
import { type DdfHost, ddfEndpoint } from './ddf-endpoint.ts';
import { newRouterApp, notBuilt } from './new-app.ts';
import { type NorthAuth, requireBackend } from './north-auth.ts';
import { type NotificationHost, notificationEndpoint } from './notification-endpoint.ts';

export type NorthHost = DdfHost & NotificationHost;

/** DDFs are open to everyone; the other paths are for backends. */
export function northApp(host: NorthHost, auth: NorthAuth, journal: Journal): Koa {
  const router = new Router();
  const backendOnly = requireBackend(auth);
  router.all('/notifications/:devId', backendOnly, notificationEndpoint(host));
  router.all('/bootstrap', backendOnly, notBuilt('bootstrap'));
  router.get('/ddf/{*file}', ddfEndpoint(host));
  return newRouterApp(router, journal);
}
