/**
 * The front door: finds out whose request it is, and leads it through the door that the rules give it. What lies behind the door
 * authenticates; the claim of a request only chooses.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Bridge } from '../bridge/bridge.ts';
import type { DeviceAnswer, DeviceRequest } from '../bridge/device-request.ts';
import type { LookUp } from '../bridge/look-up.ts';
import { requestHashOf } from '../bridge/steps/decode-request.ts';
import { devIdOf } from '../device/dev-id.ts';
import { StoreError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { isBridge, type KnownDoor } from '../routing/door.ts';
import type { DoorKeeper, MessageAtDoor } from '../routing/door-keeper.ts';
import { upstreamTarget } from '../routing/forwarding.ts';
import { factsOf, peek } from '../routing/peek.ts';
import type { Passthrough, Route, RouteFacts } from '../routing/route.ts';
import { firstRoute } from '../routing/table.ts';
import type { ParsedMessage } from '../syncml/parse.ts';
import { readBeginning } from './beginning.ts';
import type { BegunBody } from './body-reader.ts';
import { monotonicNow } from './body-watch.ts';
import { type DeviceEndpoint, type DeviceTarget, errorReply, NO_ROOM } from './device-endpoint.ts';
import { isDm2, isPlainSyncml, NO_STORE } from './device-headers.ts';
import { type DeviceReply, sendReply, textReply } from './device-reply.ts';
import { answerEarly } from './early-answer.ts';
import { PROBLEM_TYPE, problemDocument } from './error-handler.ts';
import { MAX_PASSED_BYTES, type PassThrough, TOO_LARGE } from './pass-through.ts';
import { targetAt } from './south-app.ts';

/** The part of the bridge that the front door calls. */
export interface DoorHost extends Pick<Bridge, 'lookUp'> {
  /** The table that counts now. */
  routes(): readonly Route[];
  /** The answer to a message that no door takes. */
  refuse(request: DeviceRequest, parsed: ParsedMessage): DeviceAnswer;
}

export interface FrontDoorParts {
  readonly endpoint: DeviceEndpoint;
  /** Takes what the rules do not lead elsewhere. */
  readonly toBridge: RequestListener;
  readonly passThrough: PassThrough;
  readonly keeper: DoorKeeper;
  /** The backends by the name of their account, for DM 2.0 devices. */
  readonly accounts: Readonly<Record<string, Passthrough>>;
  readonly journal: Journal;
}

const NOTHING_HERE = textReply(HTTP.notFound, 'there is nothing at this path');
const NO_DOOR = {
  status: HTTP.serviceUnavailable,
  headers: { ...NO_STORE, 'Content-Type': PROBLEM_TYPE },
  body: problemDocument(HTTP.serviceUnavailable, 'no rule takes this device'),
};
/** The interval at which requests without a rule are logged. */
const REPORT_MS = 60_000;
/** After a failure the store is not asked for this time. */
const STORE_PAUSE_MS = 1_000;

/** One request on its way. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** Undefined at other paths than those of devices. */
  readonly target: DeviceTarget | undefined;
  readonly routes: readonly Route[];
  /** Those that need no body. */
  readonly facts: RouteFacts;
}

export class FrontDoor {
  readonly #host: DoorHost;
  readonly #parts: FrontDoorParts;
  #unmatched = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #askStoreAt = Number.NEGATIVE_INFINITY;

  constructor(host: DoorHost, parts: FrontDoorParts) {
    this.#host = host;
    this.#parts = parts;
  }

  readonly handle: RequestListener = (request, response) => {
    const routes = this.#host.routes();
    const isOfDm2 = isDm2(request.headers);
    const now = monotonicNow();
    this.#parts.keeper.use(routes, now);
    if (routes.length === 0 || (!isOfDm2 && !this.#parts.keeper.hasOtherDoors(now))) {
      this.#parts.toBridge(request, response);
      return;
    }
    const visit = this.#visit(request, response, routes);
    const going = isOfDm2 ? this.#dm2(visit) : isMessage(request) ? this.#message(visit) : this.#other(visit);
    going.catch((error: unknown) => {
      const logged = { method: request.method ?? '', path: visit.path, from: request.socket.remoteAddress };
      const reply = errorReply(error, logged, this.#parts.journal);
      if (response.headersSent) response.destroy();
      else answerEarly(request, response, reply);
    });
  };

  #visit(request: IncomingMessage, response: ServerResponse, routes: readonly Route[]): Visit {
    const { endpoint } = this.#parts;
    const url = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/iu, '');
    const [path = '', ...query] = url.split('?');
    const search = query.length === 0 ? '' : `?${query.join('?')}`;
    const { 'user-agent': userAgent, 'omadm-devid': devId } = request.headers;
    const protocol = isDm2(request.headers) ? 'dm20' : 'dm1';
    const facts = { protocol, userAgent, path, address: endpoint.clientAddress(request) } as const;
    const claimed = protocol === 'dm20' && typeof devId === 'string' ? { ...facts, devId } : facts;
    return { request, response, path, target: targetAt(endpoint.path, path, search), routes, facts: claimed };
  }

  /** A request of a DM 2.0 Client. */
  async #dm2(visit: Visit): Promise<void> {
    const { request, response, target, routes, facts } = visit;
    const route = firstRoute(routes, facts);
    if (route !== undefined && 'passthrough' in route) return this.#pass(visit, route.passthrough);
    if (route !== undefined && 'refuse' in route && route.refuse.status !== undefined) {
      return answerEarly(request, response, statusReply(route.refuse.status));
    }
    if (request.method !== 'POST' || target === undefined) return answerEarly(request, response, NOTHING_HERE);
    const account = route !== undefined && 'bridge' in route ? this.#parts.accounts[route.bridge] : undefined;
    if (account === undefined) return answerEarly(request, response, NO_DOOR);
    const { pathname, search } = new URL(account.url);
    await this.#read(visit, (begun) => this.#forward(visit, account, begun, `${pathname}${search}`));
  }

  /** A request that is no message: only its address, its path and its agent are known. */
  async #other(visit: Visit): Promise<void> {
    const { request, response, routes, facts } = visit;
    const route = firstRoute(routes, facts);
    if (route !== undefined && 'passthrough' in route) return this.#pass(visit, route.passthrough);
    if (route !== undefined && 'refuse' in route && route.refuse.status !== undefined) {
      return answerEarly(request, response, statusReply(route.refuse.status));
    }
    this.#parts.toBridge(request, response);
  }

  async #message(visit: Visit): Promise<void> {
    await this.#read(visit, (begun) => this.#judged(visit, begun));
  }

  async #judged(visit: Visit, begun: BegunBody): Promise<void> {
    const { request, response, target, routes, facts } = visit;
    const parsed = peek(begun.bytes, begun.isWhole, request.headers['content-type'] ?? '');
    if (parsed === undefined) {
      const route = firstRoute(routes, facts);
      if (route !== undefined && 'passthrough' in route) return this.#forward(visit, route.passthrough, begun);
      if (route !== undefined && 'refuse' in route && route.refuse.status !== undefined) {
        return answerEarly(request, response, statusReply(route.refuse.status));
      }
      if (target === undefined) return answerEarly(request, response, NOTHING_HERE);
      return this.#parts.endpoint.handle(request, response, target, begun);
    }
    // A message with a header is taken at every path.
    const at = target ?? { path: visit.path, search: '', token: '' };
    const asked = this.#parts.endpoint.requestOf(request, begun.bytes, at);
    await this.#enter(visit, begun, { asked, parsed, at, door: await this.#door(visit, asked, parsed) });
  }

  async #enter(
    visit: Visit,
    begun: BegunBody,
    {
      asked,
      parsed,
      at,
      door,
    }: { asked: DeviceRequest; parsed: ParsedMessage; at: DeviceTarget; door: KnownDoor | undefined },
  ): Promise<void> {
    const { request, response } = visit;
    if (door === 'bridge' || (door !== undefined && 'bridge' in door)) {
      return this.#parts.endpoint.handle(request, response, at, begun);
    }
    if (door !== undefined && 'passthrough' in door) return this.#forward(visit, door.passthrough, begun);
    if (door === undefined) this.#reportUnmatched();
    if (door?.refuse.status !== undefined) return answerEarly(request, response, statusReply(door.refuse.status));
    const { status, headers, body } = this.#host.refuse(asked, parsed);
    const reply = { status, headers: { ...NO_STORE, ...headers }, body };
    if (begun.isWhole) sendReply(response, reply);
    else answerEarly(request, response, reply);
  }

  /** @throws StoreError when only the store could tell the door */
  async #door({ facts }: Visit, asked: DeviceRequest, parsed: ParsedMessage): Promise<KnownDoor | undefined> {
    const { keeper, journal } = this.#parts;
    const { message } = parsed;
    const devId = devIdOf(message.header);
    const claims = { ...facts, ...factsOf(message) };
    const at = monotonicNow();
    const arrived: MessageAtDoor = { message, devId, hash: requestHashOf(asked), facts: claims, at };
    try {
      if (at < this.#askStoreAt) throw new StoreError('ERR_STORE_FAILED', 'the store has failed a moment ago');
      const known = await this.#host.lookUp(asked, parsed);
      const complete = { ...arrived, facts: completed(claims, known.device) };
      const { by, route } = keeper.choose(complete, known);
      if (known.isRefused && isBridge(route)) keeper.noteChallenge(complete);
      if (by === 'guessed' && route !== undefined && route !== 'bridge') {
        journal.log('route.guessed', { device: devId, rule: route.name });
      }
      return route;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (at >= this.#askStoreAt) this.#askStoreAt = at + STORE_PAUSE_MS;
      const passing = keeper.passingWithoutRegistry(arrived);
      if (passing === undefined) throw error;
      return passing;
    }
  }

  async #pass(visit: Visit, server: Passthrough): Promise<void> {
    await this.#read(visit, (begun) => this.#forward(visit, server, begun));
  }

  /** Reads the beginning of the body, which is held until `go` is done. */
  async #read({ request, response }: Visit, go: (begun: BegunBody) => Promise<void>): Promise<void> {
    const { endpoint } = this.#parts;
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > Math.max(MAX_PASSED_BYTES, endpoint.reader.maxBytes))
      return answerEarly(request, response, TOO_LARGE);
    const beginning = await readBeginning(request, endpoint.ownAddress(request), endpoint.reader);
    if (beginning.kind === 'noRoom') return answerEarly(request, response, NO_ROOM);
    if (beginning.kind === 'incomplete') {
      request.destroy();
      return;
    }
    try {
      await go(beginning.body);
    } finally {
      beginning.release();
    }
  }

  async #forward(visit: Visit, server: Passthrough, begun: BegunBody, target?: string): Promise<void> {
    const { request, response, routes, facts } = visit;
    const reserved = new Set(['proxy-authorization']);
    for (const route of routes) {
      const name = 'passthrough' in route ? route.passthrough.clientCertHeader : undefined;
      if (name !== undefined) reserved.add(name.toLowerCase());
    }
    const own = target ?? upstreamTarget(request.url ?? '/', this.#parts.endpoint.path, server.url);
    const address = facts.address ?? '';
    await this.#parts.passThrough.forward({ request, response, begun, target: own, address, reserved }, server);
  }

  #reportUnmatched(): void {
    this.#unmatched += 1;
    const now = monotonicNow();
    if (now - this.#reportedAt < REPORT_MS) return;
    this.#parts.journal.log('route.none', { requests: this.#unmatched });
    this.#reportedAt = now;
    this.#unmatched = 0;
  }
}

function isMessage({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && isPlainSyncml(headers);
}

function statusReply(status: number): DeviceReply {
  return textReply(status, 'this device is not served here', NO_STORE);
}

/** The message tells most; the registry tells the rest. */
function completed(claims: RouteFacts, device: LookUp['device']): RouteFacts {
  const { manufacturer = device?.manufacturer, model = device?.model } = claims;
  return { ...claims, manufacturer, model, firmware: device?.firmware, tags: device?.tags };
}
