/**
 * The reference DM 2.0 Server: the HTTP side of the campaign and of the Data Repository.
 *
 * @see DM-2.0 §5.2, §5.5, §5.6, §9.2.1
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP } from '../../http-status.ts';
import type { Campaign, Failure } from './campaign.ts';
import { TYPES } from './check-package.ts';
import { type Answer, DeviceRun, type Progress } from './device-run.ts';
import { mediaType, parseJson, readBody, readResponse } from './http-body.ts';
import { fill } from './matcher.ts';
import type { Part } from './multipart.ts';
import { plannedPackage0, postPackage0 } from './notify.ts';
import { Repository } from './repository.ts';

/** An event of the backend, for output and tests. */
export type BackendEvent =
  | {
      readonly type: 'package';
      readonly devId: string;
      readonly kind: 1 | 3;
      readonly body: unknown;
      readonly parts: readonly Part[];
    }
  | { readonly type: 'commands'; readonly devId: string; readonly commands: readonly (readonly string[])[] }
  | { readonly type: 'notification'; readonly devId: string; readonly id: number; readonly status: number }
  | { readonly type: 'repository'; readonly method: string; readonly path: string; readonly status: number }
  | { readonly type: 'failure'; readonly failure: Failure };

export interface BackendOptions {
  readonly campaign: Campaign;
  readonly host: string;
  readonly port: number;
  readonly onEvent?: ((event: BackendEvent) => void) | undefined;
}

export interface RunningBackend {
  /** `http://host:port`. */
  readonly url: string;
  /** The progress of every device that has sent a package. */
  progress(): readonly Progress[];
  /** The faults that belong to no device. */
  readonly faults: readonly string[];
  readonly repository: Repository;
  /** Sends the Package#0s of the campaign from now on to the DM Client at this URL. */
  useClient(url: string): void;
  close(): Promise<void>;
}

/** Starts the server; port 0 lets the system choose. */
export async function startBackend(options: BackendOptions): Promise<RunningBackend> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const backend = new Backend(`http://${options.host}:${port}`, options);
  server.on('request', (request, response) => {
    backend.handle(request, response).catch((error: unknown) => {
      backend.faults.push(String(error));
      response.destroy();
    });
  });
  return {
    url: backend.url,
    progress: () => backend.progress(),
    faults: backend.faults,
    repository: backend.repository,
    useClient: (url) => {
      backend.clientUrl = url;
    },
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A request with its body. */
interface ReceivedRequest {
  readonly request: IncomingMessage;
  /** Path and query. */
  readonly path: string;
  readonly body: Buffer;
}

class Backend {
  readonly url: string;
  readonly repository: Repository;
  readonly faults: string[] = [];
  private readonly campaign: Campaign;
  private readonly onEvent: (event: BackendEvent) => void;
  private readonly runs = new Map<string, DeviceRun>();
  /** Requests with a package, by DevID and in all. */
  private readonly requests = new Map<string, number>();
  /** The address for Package#0; undefined: none is sent. */
  clientUrl: string | undefined;
  private total = 0;

  constructor(url: string, options: BackendOptions) {
    this.url = url;
    this.campaign = fill(options.campaign, { backend: url });
    this.repository = new Repository(this.campaign.resources);
    this.onEvent = options.onEvent ?? (() => {});
  }

  progress(): readonly Progress[] {
    return [...this.runs.values()].map((run) => run.progress((rule) => this.repository.missing(rule.uploads ?? [])));
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = { request, path: request.url ?? '/', body: await readBody(request) };
    const { paths, reports } = this.campaign;
    if ([...paths, ...reports].includes(withoutQuery(received.path))) await this.takePackage(received, response);
    else await this.serveRepository(received, response);
  }

  private async serveRepository(received: ReceivedRequest, response: ServerResponse): Promise<void> {
    const { request, path, body } = received;
    const method = request.method ?? '';
    const type = mediaType(request.headers['content-type']);
    const reply = this.repository.answer({ method, path, type, accept: request.headers.accept ?? '', body });
    if (reply.delay > 0) await sleep(reply.delay);
    this.onEvent({ type: 'repository', method, path, status: reply.status });
    response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length }).end(reply.body);
  }

  private async takePackage(received: ReceivedRequest, response: ServerResponse): Promise<void> {
    const { request } = received;
    if (!this.isAuthorised(request)) {
      const headers = { 'www-authenticate': 'Basic realm="dm", charset="UTF-8"', 'content-length': 0 };
      response.writeHead(HTTP.unauthorized, headers).end();
      return;
    }
    const devId = String(request.headers['omadm-devid'] ?? '');
    const failure = this.failureFor(devId);
    if (failure !== undefined && (await this.fail(failure, response))) return;
    const refusal = checkRequest(request, devId);
    if (refusal !== undefined) {
      this.faults.push(`${devId || 'unknown device'}: ${refusal.reason}`);
      response.writeHead(refusal.status, { 'content-length': 0 }).end();
      return;
    }
    const answer = this.answer(devId, received);
    this.onEvent({ type: 'commands', devId, commands: answer.commands });
    const text = Buffer.from(JSON.stringify({ CMD: answer.commands }));
    const headers: OutgoingHttpHeaders = { 'content-type': TYPES.request, 'content-length': text.length };
    if (answer.accept !== undefined) headers['omadm-accept'] = answer.accept;
    response.writeHead(HTTP.ok, headers).end(text);
    await this.notify(devId);
  }

  /** Asks for the next session of the device, when the campaign says so. */
  private async notify(devId: string): Promise<void> {
    const notification = this.runOf(devId).awaited();
    if (notification === undefined || this.clientUrl === undefined) return;
    const message = plannedPackage0(notification, this.campaign.notificationSecret, Date.now());
    const status = await postPackage0(this.clientUrl, devId, message);
    if (status !== HTTP.accepted) this.faults.push(`${devId}: Package#0 was answered ${status}`);
    this.onEvent({ type: 'notification', devId, id: notification.id, status });
  }

  private isAuthorised(request: IncomingMessage): boolean {
    const { auth } = this.campaign;
    if (auth === undefined) return true;
    const expected = Buffer.from(`${auth.user}:${auth.password}`).toString('base64');
    return request.headers.authorization === `Basic ${expected}`;
  }

  private answer(devId: string, { request, path, body }: ReceivedRequest): Answer {
    const contentType = String(request.headers['content-type']);
    const run = this.runOf(devId);
    if (mediaType(contentType) === TYPES.initiation) {
      const package1 = parseJson(body);
      this.onEvent({ type: 'package', devId, kind: 1, body: package1, parts: [] });
      if (!this.campaign.reports.includes(withoutQuery(path))) return run.begin(package1);
      run.report(package1);
      return { commands: [['END']] };
    }
    const { json, parts, fault } = readResponse(contentType, body);
    if (fault !== undefined) run.fault(fault);
    this.onEvent({ type: 'package', devId, kind: 3, body: json, parts });
    return run.respond(`${this.url}${path}`, json, parts);
  }

  private runOf(devId: string): DeviceRun {
    const known = this.runs.get(devId);
    if (known !== undefined) return known;
    const run = new DeviceRun(devId, fill(this.campaign, { devId }));
    this.runs.set(devId, run);
    return run;
  }

  /** The failure that is due now. Requests count over all devices, or for the device that the failure names. */
  private failureFor(devId: string): Failure | undefined {
    this.total += 1;
    const own = (this.requests.get(devId) ?? 0) + 1;
    this.requests.set(devId, own);
    return this.campaign.failures.find((failure) =>
      failure.devId === undefined ? failure.request === this.total : failure.devId === devId && failure.request === own,
    );
  }

  /** Fails as planned. Returns false after a mere delay: the request still needs its response. */
  private async fail(failure: Failure, response: ServerResponse): Promise<boolean> {
    this.onEvent({ type: 'failure', failure });
    if (failure.delay !== undefined) await sleep(failure.delay);
    if (failure.drop === true) {
      response.destroy();
      return true;
    }
    if (failure.body !== undefined) {
      response
        .writeHead(failure.status ?? HTTP.ok, { 'content-type': failure.type ?? TYPES.request })
        .end(failure.body);
      return true;
    }
    if (failure.status === undefined) return false;
    response.writeHead(failure.status, { 'content-length': 0 }).end();
    return true;
  }
}

/** The refusal of a request that is no package; undefined for a package. */
function checkRequest(
  request: IncomingMessage,
  devId: string,
): { readonly status: number; readonly reason: string } | undefined {
  if (request.method !== 'POST') return { status: HTTP.methodNotAllowed, reason: `a package by ${request.method}` };
  if (devId === '') return { status: HTTP.badRequest, reason: 'a package without OMADM-DevID' };
  const type = mediaType(request.headers['content-type']);
  const known: readonly string[] = [TYPES.initiation, TYPES.response, 'multipart/form-data'];
  if (!known.includes(type)) return { status: HTTP.unsupportedMediaType, reason: `a package of the type "${type}"` };
  const { accept = '' } = request.headers;
  if (accept.includes(TYPES.request)) return undefined;
  return { status: HTTP.notAcceptable, reason: `a package with Accept "${accept}"` };
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? path;
}
