/**
 * The path to which devices POST their SyncML messages: one message per request and response (HTTP binding of SyncML).
 *
 * The endpoint reads the body of a request, within limits, and sends the answer of the bridge. It does not know which way a
 * request took to it (`south-listener.ts`). Everything about the message itself is checked by the bridge.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { BodyPart, DeviceAnswer, DeviceRequest, LongBodyVerdict } from '../bridge/device-request.ts';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import type { Mutable } from '../mutable.ts';
import {
  type BegunBody,
  type BodyReaderOptions,
  type BodySender,
  MAX_UNAUTHENTICATED_BYTES,
  readBody,
} from './body-reader.ts';
import { type BodyTimes, BodyWatch, DEFAULT_BODY_TIMES } from './body-watch.ts';
import { balancerTest, balancerTlsReader, clientAddressReader } from './client-address.ts';
import { clientCertificate } from './client-certificate.ts';
import { mediaType, NO_STORE } from './device-headers.ts';
import { type DeviceReply, sendReply, textReply } from './device-reply.ts';
import { answerEarly } from './early-answer.ts';
import { type LoggedRequest, reportError } from './error-handler.ts';
import { HeldBodies } from './held-bodies.ts';

/** The part of the bridge that the endpoint calls. */
export interface DeviceHost {
  /** @throws DmError when no DM message can answer */
  handleDeviceMessage(request: DeviceRequest): Promise<DeviceAnswer>;
  /** True for the token of an open session that this process knows. */
  isOpenSession(token: string): boolean;
  /** Judges a long body of which this part has arrived: only an authenticated sender may send it. */
  judgeLongBody(request: DeviceRequest, part: BodyPart): Promise<LongBodyVerdict>;
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

/** The target of a request at the path of devices or below it. */
export interface DeviceTarget {
  /** Of the request line, without the query. */
  readonly path: string;
  /** The query with its `?`, or empty. */
  readonly search: string;
  /** The first segment below the path of devices, or empty. */
  readonly token: string;
}

const DEFAULT_BUFFERED_BYTES = 64 * 1024 * 1024;
/** Bounds the bytes of the bodies of all unauthenticated requests from one address. */
const BUFFERED_BYTES_PER_ADDRESS = 8 * 1024 * 1024;

export const NO_ROOM = textReply(HTTP.serviceUnavailable, 'too many messages are on their way: try again later', {
  ...NO_STORE,
  // Seconds.
  'Retry-After': '5',
});

const TOO_MANY_ATTEMPTS = textReply(HTTP.serviceUnavailable, 'too many wrong credentials: try again later', {
  ...NO_STORE,
  // Seconds; the longest delay of an answer to wrong credentials.
  'Retry-After': '8',
});

const NOT_AUTHENTIC = textReply(
  HTTP.contentTooLarge,
  `without right credentials a message has at most ${MAX_UNAUTHENTICATED_BYTES} bytes`,
  NO_STORE,
);

/** The other end of a connection. */
type Sender = Required<Pick<DeviceRequest, 'remoteAddress' | 'isProtected'>>;

export class DeviceEndpoint {
  /** Without trailing slash. */
  readonly path: string;
  readonly #host: DeviceHost;
  readonly #journal: Journal;
  /** The bounds of all bodies. */
  readonly reader: BodyReaderOptions;
  readonly #tooLarge: DeviceReply;
  readonly #senderOf: (request: IncomingMessage) => Sender;
  readonly #isShared: (address: string) => boolean;

  constructor(options: DeviceEndpointOptions, journal: Journal) {
    const { maxBodyBytes, trustProxy = [] } = options;
    const { maxBufferedBytes: maxBytes = DEFAULT_BUFFERED_BYTES, bodyTimes = DEFAULT_BODY_TIMES } = options;
    const held = new HeldBodies({ maxBytes, maxBytesPerAddress: BUFFERED_BYTES_PER_ADDRESS });
    this.path = options.path;
    this.#host = options.host;
    this.#journal = journal;
    this.reader = { maxBytes: maxBodyBytes, held, watch: new BodyWatch(bodyTimes) };
    this.#tooLarge = textReply(HTTP.contentTooLarge, `a message has at most ${maxBodyBytes} bytes`, NO_STORE);
    this.#senderOf = senderReader(trustProxy, options.isPublicTls ?? false);
    this.#isShared = balancerTest(trustProxy);
  }

  /**
   * Reads the message of a POST whose headers are not refused, and sends the answer. Any error is answered, too.
   * @param begun the part of the body that was read before; the request is paused
   */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: DeviceTarget,
    begun?: BegunBody,
  ): Promise<void> {
    try {
      await this.#exchange(request, response, target, begun);
    } catch (error) {
      const reply = errorReply(error, loggedOf(request, target), this.#journal);
      // A reply that has begun cannot become another one.
      if (response.headersSent) response.destroy();
      else sendReply(response, reply);
    }
  }

  /** The client of a request. */
  clientAddress(request: IncomingMessage): string {
    return this.#senderOf(request).remoteAddress;
  }

  /** Undefined when many clients share the address of this one. */
  ownAddress(request: IncomingMessage): string | undefined {
    const address = this.clientAddress(request);
    return this.#isShared(address) ? undefined : address;
  }

  /** The message as the bridge gets it. */
  requestOf(request: IncomingMessage, body: Uint8Array, target: DeviceTarget): DeviceRequest {
    return this.#toDeviceRequest(request, body, target, this.#senderOf(request));
  }

  async #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    target: DeviceTarget,
    begun: BegunBody | undefined,
  ): Promise<void> {
    const sender = this.#senderOf(request);
    const toRequest = (body: Uint8Array) => this.#toDeviceRequest(request, body, target, sender);
    const reading = await readBody(request, this.#bodySender(target, sender, toRequest), { ...this.reader, begun });
    switch (reading.kind) {
      case 'incomplete':
        // No one waits for a response.
        request.destroy();
        return;
      case 'noRoom':
        return answerEarly(request, response, NO_ROOM);
      case 'tooManyAttempts':
        return answerEarly(request, response, TOO_MANY_ATTEMPTS);
      case 'tooLarge':
        return answerEarly(request, response, this.#tooLarge);
      case 'notAuthentic':
        return answerEarly(request, response, NOT_AUTHENTIC);
      case 'failed':
        return answerEarly(request, response, errorReply(reading.error, loggedOf(request, target), this.#journal));
      case 'complete':
        try {
          sendReply(response, toReply(await this.#host.handleDeviceMessage(toRequest(reading.body))));
        } finally {
          reading.release();
        }
    }
  }

  #bodySender({ token }: DeviceTarget, sender: Sender, toRequest: (body: Uint8Array) => DeviceRequest): BodySender {
    const isKnown = token !== '' && this.#host.isOpenSession(token);
    return {
      // Only the bodies of unknown senders count for their address.
      address: isKnown || this.#isShared(sender.remoteAddress) ? undefined : sender.remoteAddress,
      isKnown,
      judge: (body, part) => this.#host.judgeLongBody(toRequest(body), part),
    };
  }

  #toDeviceRequest(request: IncomingMessage, body: Uint8Array, target: DeviceTarget, sender: Sender): DeviceRequest {
    const { path, search, token } = target;
    const made: Mutable<DeviceRequest> = {
      body,
      contentType: mediaType(request.headers),
      headers: joinValues(request.headers),
      target: `${path}${search}`,
      below: `${path.slice(this.path.length)}${search}`,
      remoteAddress: sender.remoteAddress,
      isProtected: sender.isProtected,
    };
    if (token !== '') made.token = token;
    const certificate = clientCertificate(request.socket);
    if (certificate !== undefined) made.certificate = certificate;
    return made;
  }
}

/** The reply to a device whose request ended with an error, after the error was logged. */
export function errorReply(...[error, request, journal]: Parameters<typeof reportError>): DeviceReply {
  const { status, message, headers } = reportError(error, request, journal);
  return textReply(status, message, { ...NO_STORE, ...headers });
}

function loggedOf({ socket }: IncomingMessage, { path }: DeviceTarget): LoggedRequest {
  return { method: 'POST', path, from: socket.remoteAddress };
}

function senderReader(trustProxy: readonly string[], isPublicTls: boolean): (request: IncomingMessage) => Sender {
  const clientAddress = clientAddressReader(trustProxy);
  const isBehindTls = balancerTlsReader(trustProxy, isPublicTls);
  return ({ socket, headers }) => {
    const peer = socket.remoteAddress ?? '';
    return {
      remoteAddress: clientAddress(peer, oneText(headers['x-forwarded-for'])),
      isProtected: socket instanceof TLSSocket || isBehindTls(peer, oneText(headers['x-forwarded-proto'])),
    };
  };
}

function toReply({ status, headers, body, httpChallenges }: DeviceAnswer): DeviceReply {
  const all: Record<string, string | string[]> = { ...NO_STORE, ...headers };
  if (httpChallenges !== undefined) all['WWW-Authenticate'] = [...httpChallenges];
  return { status, headers: all, body };
}

function oneText(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

/** One text per header name. Node has joined the values of repeated headers with commas, but for Set-Cookie. */
function joinValues(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (hasOneTextEach(headers)) return headers;
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = oneText(value);
  }
  return joined;
}

function hasOneTextEach(headers: IncomingHttpHeaders): headers is Record<string, string> {
  return headers['set-cookie'] === undefined;
}
