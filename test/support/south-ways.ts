/** The two ways that a request of a device may take, for tests that both must pass. */
import type { RequestListener } from 'node:http';
import { DeviceEndpoint, type DeviceEndpointOptions } from '../../src/http/device-endpoint.ts';
import { southApp } from '../../src/http/south-app.ts';
import { southListener } from '../../src/http/south-listener.ts';
import type { Journal } from '../../src/log-events.ts';

export type SouthWay = (options: DeviceEndpointOptions, journal: Journal) => RequestListener;

/** The application gets all requests, also those that take the direct way in the program. */
export const throughApplication: SouthWay = (options, journal) =>
  southApp(new DeviceEndpoint(options, journal), journal).callback();

export const SOUTH_WAYS: readonly (readonly [string, SouthWay])[] = [
  ['by the way that fits', southListener],
  ['through the application', throughApplication],
];
