/**
 * Where devices POST their SyncML messages: one request, one message, one answer (DM-1.3 §5, HTTP binding).
 *
 * Method, media type and size are checked here; everything about the message itself is the host's affair.
 */
import type { Context, Middleware } from 'koa';
import type { DeviceAnswer, DeviceRequest } from '../bridge/exchange.ts';
import { readBody } from './body-reader.ts';
import { clientAddressReader } from './client-address.ts';
import { clientCertificate } from './client-certificate.ts';
import { answerProblem, answerText } from './error-handler.ts';

/** What the endpoint needs of the bridge. */
export interface DeviceHost {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
}

export interface DeviceEndpointOptions {
  readonly host: DeviceHost;
  /** Without trailing slash. */
  readonly path: string;
  readonly maxBodyBytes: number;
  /** Addresses and networks of balancers, whose `X-Forwarded-For` counts. */
  readonly trustProxy?: readonly string[];
}

/** The types of DM 1.x, and their elder forms without `dm` that are seen in the field. */
const SYNCML_TYPES = new Set(
  ['application/vnd.syncml.dm', 'application/vnd.syncml'].flatMap((type) => [`${type}+xml`, `${type}+wbxml`]),
);
/** Some clients name a character set here; only what is a coding changes the bytes (RFC 9110 §8.4.1). */
const CODINGS = /^(x-)?(gzip|compress|deflate|br|zstd|dcb|dcz|exi|pack200-gzip|aes128gcm)$/;

/** Answers requests at `path` and below, hands all others on. */
export function deviceEndpoint(options: DeviceEndpointOptions): Middleware {
  const clientAddress = clientAddressReader(options.trustProxy ?? []);
  return async (context, next) => {
    const below = pathBelow(context.path, options.path);
    if (below === undefined) return next();
    context.set('Cache-Control', 'no-store');
    if (context.method !== 'POST') {
      context.set('Allow', 'POST');
      return answerText(context, 405, 'only POST is answered here');
    }
    const contentType = mediaType(context.get('content-type'));
    const refusal = refuse(context, contentType);
    const reading = await readBody(context.req, options.maxBodyBytes);
    if (reading.kind === 'incomplete') return giveUp(context);
    // Part of it may still be on the way; the next request cannot be told from it.
    if (reading.kind === 'tooLarge') context.set('Connection', 'close');
    if (refusal !== undefined) return refusal();
    if (reading.kind === 'tooLarge') {
      return answerText(context, 413, `a message has at most ${options.maxBodyBytes} bytes`);
    }
    const { socket } = context.req;
    const certificate = clientCertificate(socket);
    const answer = await options.host.handleDeviceMessage({
      body: reading.body,
      contentType,
      headers: flatten(context.req.headers),
      ...(below === '' ? {} : { token: below }),
      target: `${context.path}${context.search}`,
      ...(certificate === undefined ? {} : { certificate }),
      remoteAddress: clientAddress(socket.remoteAddress ?? '', context.get('x-forwarded-for')),
    });
    writeAnswer(context, answer);
  };
}

/** The first segment below `base`, '' for `base` itself, undefined for any other path. */
function pathBelow(path: string, base: string): string | undefined {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  return path.slice(base.length + 1).split('/')[0] ?? '';
}

function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}

/** What speaks against the request before its body was read; the answer waits until the client has sent it all. */
function refuse(context: Context, contentType: string): (() => void) | undefined {
  if (/^application\/vnd\.oma\.dm\.[a-z]+\+json$/.test(contentType)) {
    return () => answerProblem(context, 501, 'handing DM 2.0 packages through is not built yet');
  }
  const { 'content-length': length, 'transfer-encoding': transferCoding } = context.req.headers;
  if (length === undefined && transferCoding === undefined) {
    return () => answerText(context, 411, 'a message needs a Content-Length, or has to come in chunks');
  }
  if (!SYNCML_TYPES.has(contentType)) return () => answerText(context, 415, 'the media type must be one of SyncML DM');
  const codings = context.get('content-encoding').toLowerCase().split(',');
  if (codings.some((coding) => CODINGS.test(coding.trim()))) {
    return () => answerText(context, 415, 'the body must not be compressed');
  }
  return undefined;
}

/** Nobody waits for an answer any more. */
function giveUp(context: Context): void {
  context.respond = false;
  context.req.destroy();
}

function writeAnswer(context: Context, answer: DeviceAnswer): void {
  const { status, headers, body, httpChallenges } = answer;
  context.status = status;
  context.body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  context.remove('Content-Type');
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  if (httpChallenges !== undefined) context.set('WWW-Authenticate', [...httpChallenges]);
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
