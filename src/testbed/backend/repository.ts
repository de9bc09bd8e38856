/**
 * The Data Repository of the reference backend: it serves resources and receives uploads.
 *
 * @see DM-2.0 §5.3.1 to §5.3.3, §5.5
 */
import { HTTP } from '../../http-status.ts';
import type { Campaign, ExpectedUpload, Resource } from './campaign.ts';
import { checkMoData, TYPES } from './check-package.ts';
import { mediaType, parseJson } from './http-body.ts';
import { mismatch } from './matcher.ts';

export interface Upload {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

export interface RepositoryReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Milliseconds before the response. */
  readonly delay: number;
}

export interface RepositoryRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly type: string;
  readonly accept: string;
  readonly body: Buffer;
}

export class Repository {
  /** The accepted uploads by PUT and POST, oldest first. */
  readonly uploads: Upload[] = [];
  /** The faults of clients. */
  readonly faults: string[] = [];
  private readonly resources: Campaign['resources'];

  constructor(resources: Campaign['resources']) {
    this.resources = resources;
  }

  answer(request: RepositoryRequest): RepositoryReply {
    const resource = this.resources[request.path];
    if (request.method === 'GET') return this.serve(request, resource);
    if (request.method === 'PUT' || request.method === 'POST') return this.receive(request, resource);
    return reply(HTTP.methodNotAllowed);
  }

  /** Describes the expected uploads that did not arrive. */
  missing(expected: readonly ExpectedUpload[]): readonly string[] {
    return expected
      .filter((upload) => !this.uploads.some((found) => isUpload(upload, found)))
      .map((upload) => `no ${upload.method} ${upload.path} with ${JSON.stringify(upload.body ?? 'any body')}`);
  }

  private serve(request: RepositoryRequest, resource: Resource | undefined): RepositoryReply {
    if (resource === undefined) return reply(HTTP.notFound);
    const { delay = 0 } = resource;
    if (resource.status !== undefined) return reply(resource.status, { delay });
    const type = resource.type ?? TYPES.moData;
    if (!accepts(request.accept, type)) return reply(HTTP.notAcceptable, { delay });
    return reply(HTTP.ok, { delay, headers: { 'content-type': type }, body: bodyOf(resource) });
  }

  private receive(request: RepositoryRequest, resource: Resource | undefined): RepositoryReply {
    const delay = resource?.delay ?? 0;
    if (request.type === '') this.faults.push(`${request.method} ${request.path} without Content-Type`);
    const accepted = resource?.accept;
    if (accepted !== undefined && !accepted.includes(request.type)) {
      return reply(HTTP.unsupportedMediaType, { delay, headers: { 'omadm-accept': accepted.join(', ') } });
    }
    if (resource?.status !== undefined) return reply(resource.status, { delay });
    const body = request.body.toString();
    if (request.type === TYPES.moData) this.checkMoData(request, body);
    this.uploads.push({ method: request.method, path: request.path, type: request.type, body });
    return reply(HTTP.ok, { delay });
  }

  private checkMoData(request: RepositoryRequest, body: string): void {
    for (const fault of checkMoData(parseJson(body))) this.faults.push(`${request.method} ${request.path}: ${fault}`);
  }
}

function isUpload(expected: ExpectedUpload, found: Upload): boolean {
  if (expected.method !== found.method || decode(expected.path) !== decode(found.path)) return false;
  if (expected.type !== undefined && expected.type !== found.type) return false;
  const value = found.type === TYPES.moData ? parseJson(found.body) : found.body;
  return expected.body === undefined || mismatch(expected.body, value) === undefined;
}

/** A path without percent-encoding; a path with a malformed encoding stays as it is. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** True when an Accept header allows the type; an absent header allows every type. */
function accepts(header: string, type: string): boolean {
  if (header === '') return true;
  const allowing = ['*/*', `${type.split('/')[0]}/*`, type];
  return header.split(',').some((range) => allowing.includes(mediaType(range)));
}

function bodyOf(resource: Resource): Buffer {
  if (resource.base64 !== undefined) return Buffer.from(resource.base64, 'base64');
  return Buffer.from(typeof resource.body === 'string' ? resource.body : JSON.stringify(resource.body ?? ''));
}

function reply(status: number, parts: Partial<Omit<RepositoryReply, 'status'>> = {}): RepositoryReply {
  return { status, headers: {}, body: Buffer.alloc(0), delay: 0, ...parts };
}
