/** The application that devices talk to. */
import type Koa from 'koa';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { type DeviceEndpointOptions, deviceEndpoint } from './device-endpoint.ts';
import { errorsAsText } from './error-handler.ts';
import { newApp } from './new-app.ts';
import { refuse } from './refuse.ts';

export function southApp(options: DeviceEndpointOptions, journal: Journal): Koa {
  const app = newApp(journal);
  app.use(errorsAsText(journal));
  app.use(deviceEndpoint(options));
  app.use((context) => refuse(context, HTTP.notFound, 'there is nothing at this path'));
  return app;
}
