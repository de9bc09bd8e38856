/**
 * Decides which requests of devices take the direct way. This is the one place that says which way a request takes.
 *
 * An ordinary POST goes to the path of devices, or to the address of a session one segment below it, and its headers need no
 * second look. Nearly all messages are of this form.
 */
import type { IncomingMessage } from 'node:http';
import type { DeviceTarget } from './device-endpoint.ts';
import { refusalOf } from './device-headers.ts';

/** A slash and the token of a session, which may be missing. */
const TOKEN_SEGMENT = /^\/[\w-]*$/;

/**
 * The target of an ordinary POST; undefined for any other request.
 * @param base the path of devices, without trailing slash
 */
export function ordinaryTarget(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  base: string,
): DeviceTarget | undefined {
  if (method !== 'POST' || url === undefined || !url.startsWith(base)) return undefined;
  const below = url.slice(base.length);
  if (below !== '' && !TOKEN_SEGMENT.test(below)) return undefined;
  const isPlain = headers['content-encoding'] === undefined && headers.expect === undefined;
  if (!isPlain || refusalOf(headers) !== undefined) return undefined;
  return { path: url, search: '', token: below.slice(1) };
}
