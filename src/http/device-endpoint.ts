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
import { type BodyTimes, BodyWatch, DEFAULT_BODY_TIMES } from './body-watch.ts';
import { balancerTlsReader, clientAddressReader, sharedAddressTest } from './client-address.ts';
import { clientCertificate } from './client-certificate.ts';
import { HeldBodies } from './held-bodies.ts';
import { refuse, refuseWithProblem } from './refuse.ts';

/** The part of the bridge that the endpoint calls. */
export interface DeviceHost {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** True for the token of an open session that this process knows. */
  isOpenSession(token: string): boolean;
  /** Judges a long body by its beginning: true when its sender is authenticated. */
  isAuthenticStart(request: DeviceRequest): Promise<boolean>;
}

export interface DeviceEndpointOptions {
  readonly host: DeviceHost;
  /** Without trailing slash. */
  readonly path: string;
  readonly maxBodyBytes: number;
  /** Bounds the bytes of the bodies of all unauthenticated requests; 64 MiB when absent. */
  readonly maxBufferedBytes?: number;
  readonly bodyTimes?: BodyTimes;
  /** Addresses and networks of balancers, whose `X-Forwarded-For` counts. */
  readonly trustProxy?: readonly string[];
  /** True when devices reach the balancers by https. */
  readonly isPublicTls?: boolean | undefined;
}

const DEFAULT_BUFFERED_BYTES = 64 * 1024 * 1024;
/** Bounds the bytes of the bodies of all unauthenticated requests from one address. */
const BUFFERED_BYTES_PER_ADDRESS = 8 * 1024 * 1024;

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

/** Seconds. */
const RETRY_AFTER_S = '5';

/** The other end of a connection. */
type Sender = Required<Pick<DeviceRequest, 'remoteAddress' | 'isProtected'>>;

const DM2_PACKAGE_TYPE = /^application\/vnd\.oma\.dm\.[a-z]+\+json$/;

/** Handles requests at `path` and below, and passes all others on. */
export function deviceEndpoint(options: DeviceEndpointOptions): Middleware {
  const { host, maxBodyBytes, trustProxy = [], isPublicTls = false } = options;
  const clientAddress = clientAddressReader(trustProxy);
  const isShared = sharedAddressTest(trustProxy);
  const isBehindTls = balancerTlsReader(trustProxy, isPublicTls);
  const { maxBufferedBytes: maxBytes = DEFAULT_BUFFERED_BYTES, bodyTimes = DEFAULT_BODY_TIMES } = options;
  const held = new HeldBodies({ maxBytes, maxBytesPerAddress: BUFFERED_BYTES_PER_ADDRESS });
  const reader = { maxBytes: maxBodyBytes, held, watch: new BodyWatch(bodyTimes) };
  const senderOf = (context: Context): Sender => {
    const peer = context.req.socket.remoteAddress ?? '';
    return {
      remoteAddress: clientAddress(peer, context.get('x-forwarded-for')),
      isProtected: context.req.socket instanceof TLSSocket || isBehindTls(peer, context.get('x-forwarded-proto')),
    };
  };
  return async (context, next) => {
    const token = tokenBelow(context.path, options.path);
    if (token === undefined) return next();
    context.set('Cache-Control', 'no-store');
    if (context.method !== 'POST') {
      context.set('Allow', 'POST');
      return refuse(context, HTTP.methodNotAllowed, 'this path accepts only POST');
    }
    if (isRefusedByHeaders(context)) return;
    const sender = senderOf(context);
    const toRequest = (body: Uint8Array) => requestOf(context, body, options.path, sender);
    const bodySender = {
      address: isShared(sender.remoteAddress) ? undefined : sender.remoteAddress,
      isKnown: token !== '' && host.isOpenSession(token),
      isAuthentic: (start: Uint8Array) => host.isAuthenticStart(toRequest(start)),
    };
    const reading = await readBody(context.req, bodySender, reader);
    switch (reading.kind) {
      case 'incomplete':
        return disconnect(context);
      case 'noRoom':
        context.set('Retry-After', RETRY_AFTER_S);
        return refuse(context, HTTP.serviceUnavailable, 'too many messages are on their way: try again later');
      case 'tooLarge':
        return refuse(context, HTTP.contentTooLarge, `a message has at most ${maxBodyBytes} bytes`);
      case 'complete':
        try {
          sendAnswer(context, await host.handleDeviceMessage(toRequest(reading.body)));
        } finally {
          reading.release();
        }
    }
  };
}

/** The first segment below `base`, '' for `base` itself, undefined for any other path. */
function tokenBelow(path: string, base: string): string | undefined {
  if (path !== base && !path.startsWith(`${base}/`)) return undefined;
  return path.slice(base.length + 1).split('/')[0] ?? '';
}

/** Refuses a request whose headers show that the message cannot be read. */
function isRefusedByHeaders(context: Context): boolean {
  const contentType = mediaType(context);
  const { 'content-length': length, 'transfer-encoding': transferCoding } = context.req.headers;
  const codings = context.get('content-encoding').toLowerCase().split(',');
  if (DM2_PACKAGE_TYPE.test(contentType)) {
    refuseWithProblem(context, HTTP.notImplemented, 'forwarding of DM 2.0 packages is not built yet');
  } else if (length === undefined && transferCoding === undefined) {
    refuse(context, HTTP.lengthRequired, 'a message needs a Content-Length or the chunked coding');
  } else if (!SYNCML_TYPES.has(contentType)) {
    refuse(context, HTTP.unsupportedMediaType, 'the media type must be one of SyncML DM');
  } else if (codings.some((coding) => CODINGS.test(coding.trim()))) {
    refuse(context, HTTP.unsupportedMediaType, 'the body must not be compressed');
  } else {
    return false;
  }
  return true;
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

function requestOf(context: Context, body: Uint8Array, path: string, sender: Sender): DeviceRequest {
  const request: Mutable<DeviceRequest> = {
    body,
    contentType: mediaType(context),
    headers: joinValues(context.req.headers),
    target: `${context.path}${context.search}`,
    below: `${context.path.slice(path.length)}${context.search}`,
    remoteAddress: sender.remoteAddress,
    isProtected: sender.isProtected,
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
