/** The application that the backend calls. A path that is not built yet answers 501. */
import Router from '@koa/router';
import type Koa from 'koa';
import type { Journal } from '../log-events.ts';
import { type DdfHost, ddfEndpoint } from './ddf-endpoint.ts';
import { newRouterApp, notBuilt } from './new-app.ts';

export function northApp(host: DdfHost, journal: Journal): Koa {
  const router = new Router();
  router.all('/notifications/:devId', notBuilt('notifications'));
  router.all('/bootstrap', notBuilt('bootstrap'));
  router.get('/ddf/{*file}', ddfEndpoint(host));
  return newRouterApp(router, journal);
}
