/**
 * The requests of devices: ordinary POSTs go to the endpoint at once, all others through the koa application.
 *
 * Both ways end in the same endpoint, so they have the same limits and the same replies.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import type { Journal } from '../log-events.ts';
import { DeviceEndpoint, type DeviceEndpointOptions } from './device-endpoint.ts';
import { ordinaryTarget } from './ordinary-post.ts';
import { southApp } from './south-app.ts';

export function southListener(
  options: DeviceEndpointOptions,
  journal: Journal,
  endpoint = new DeviceEndpoint(options, journal),
): RequestListener {
  const application = southApp(endpoint, journal).callback();
  const reportLoss = lossReporter(journal);
  return (request, response) => {
    const target = ordinaryTarget(request, endpoint.path);
    if (target === undefined) {
      application(request, response);
      return;
    }
    response.on('close', reportLoss);
    endpoint.handle(request, response, target);
  };
}

/** Returns a listener to the end of a response. It logs the error of a connection that broke before the response was sent. */
function lossReporter(journal: Journal): (this: ServerResponse) => void {
  return function (this: ServerResponse) {
    if (this.writableFinished) return;
    const error = this.req.socket.errored;
    if (error !== null) journal.log('http.response_not_delivered', { error });
  };
}
