/**
 * The path to which devices POST their SyncML messages: one message per request and response (HTTP binding of SyncML).
 *
 * Method, media type and size are checked here. Everything about the message itself is checked by the bridge.
 */
import { TLSSocket } from 'node:tls';
import type { Context, Middleware } from 'koa';
import type { DeviceAnswer, DeviceRequest } from '../bridge/device-request.ts';
import { HTTP } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import { readBody } from './body-reader.ts';
import { balancerTlsReader, clientAddressReader } from './client-address.ts';
import { clientCertificate } from './client-certificate.ts';
import { sendProblem, sendText } from './error-handler.ts';

/** The part of the bridge that the endpoint calls. */
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
  /** True when devices reach the balancers by https. */
  readonly isPublicTls?: boolean | undefined;
}

/** The media types of DM 1.x, and the older forms without `dm` that some devices send. */
const SYNCML_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.syncml.dm+xml',
  'application/vnd.syncml.dm+wbxml',
  'application/vnd.syncml+xml',
  'application/vnd.syncml+wbxml',
]);

/**
 * The content codings that change the bytes of a body (RFC 9110 §8.4.1). Some clients name a character set in
 * Content-Encoding, which changes nothing.
 */
const CODINGS = /^(x-)?(gzip|compress|deflate|br|zstd|dcb|dcz|exi|pack200-gzip|aes128gcm)$/;

const DM2_PACKAGE_TYPE = /^application\/vnd\.oma\.dm\.[a-z]+\+json$/;

/** Handles requests at `path` and below, and passes all others on. */
export function deviceEndpoint(options: DeviceEndpointOptions): Middleware {
  const { trustProxy = [], isPublicTls = false } = options;
  const clientAddress = clientAddressReader(trustProxy);
  const isBehindTls = balancerTlsReader(trustProxy, isPublicTls);
  return async (context, next) => {
    if (tokenBelow(context.path, options.path) === undefined) return next();
    context.set('Cache-Control', 'no-store');
    if (context.method !== 'POST') {
      context.set('Allow', 'POST');
      return sendText(context, HTTP.methodNotAllowed, 'this path accepts only POST');
    }
    // A refusal is sent after the whole body was received, because the client reads no response earlier.
    const refusal = checkHeaders(context);
    const reading = await readBody(context.req, options.maxBodyBytes);
    if (reading.kind === 'incomplete') return disconnect(context);
    // The rest of the body may still arrive, and the next request could not be told from it.
    if (reading.kind === 'tooLarge') context.set('Connection', 'close');
    if (refusal !== undefined) return refusal();
    if (reading.kind === 'tooLarge') {
      return sendText(context, HTTP.contentTooLarge, `a message has at most ${options.maxBodyBytes} bytes`);
    }
    const peer = context.req.socket.remoteAddress ?? '';
    const request: DeviceRequest = {
      ...toRequest(context, reading.body, options.path),
      remoteAddress: clientAddress(peer, context.get('x-forwarded-for')),
      isProtected: context.req.socket instanceof TLSSocket || isBehindTls(peer, context.get('x-forwarded-proto')),
    };
    sendAnswer(context, await options.host.handleDeviceMessage(request));
  };
}

/** The first segment below `base`, '' for `base` itself, undefined for any other path. */
function tokenBelow(path: string, base: string): string | undefined {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  return path.slice(base.length + 1).split('/')[0] ?? '';
}

/** Returns the refusal when the headers show that the message cannot be read. */
function checkHeaders(context: Context): (() => void) | undefined {
  const contentType = mediaType(context);
  if (DM2_PACKAGE_TYPE.test(contentType)) {
    return () => sendProblem(context, HTTP.notImplemented, 'forwarding of DM 2.0 packages is not built yet');
  }
  const { 'content-length': length, 'transfer-encoding': transferCoding } = context.req.headers;
  if (length === undefined && transferCoding === undefined) {
    return () => sendText(context, HTTP.lengthRequired, 'a message needs a Content-Length or the chunked coding');
  }
  if (!SYNCML_TYPES.has(contentType)) {
    return () => sendText(context, HTTP.unsupportedMediaType, 'the media type must be one of SyncML DM');
  }
  const codings = context.get('content-encoding').toLowerCase().split(',');
  if (codings.some((coding) => CODINGS.test(coding.trim()))) {
    return () => sendText(context, HTTP.unsupportedMediaType, 'the body must not be compressed');
  }
  return undefined;
}

/** The media type of the request without parameters, in lower case. */
function mediaType(context: Context): string {
  return (context.get('content-type').split(';')[0] ?? '').trim().toLowerCase();
}

/** Ends the connection of a client that waits for no response. */
function disconnect(context: Context): void {
  context.respond = false;
  context.req.destroy();
}

/** The request without the facts of its connection's other end. */
function toRequest(context: Context, body: Uint8Array, path: string): Omit<DeviceRequest, 'remoteAddress'> {
  const request: Mutable<Omit<DeviceRequest, 'remoteAddress'>> = {
    body,
    contentType: mediaType(context),
    headers: joinValues(context.req.headers),
    target: `${context.path}${context.search}`,
    below: `${context.path.slice(path.length)}${context.search}`,
  };
  const token = tokenBelow(context.path, path) ?? '';
  if (token !== '') request.token = token;
  const certificate = clientCertificate(context.req.socket);
  if (certificate !== undefined) request.certificate = certificate;
  return request;
}

function sendAnswer(context: Context, answer: DeviceAnswer): void {
  const { status, headers, body, httpChallenges } = answer;
  context.status = status;
  context.body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  context.remove('Content-Type');
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  if (httpChallenges !== undefined) context.set('WWW-Authenticate', [...httpChallenges]);
}

/** One text per header name; repeated headers are joined with commas. */
function joinValues(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
