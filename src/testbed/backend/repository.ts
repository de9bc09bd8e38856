/**
 * The Data Repository of the reference backend: resources to fetch, and whatever clients send to it.
 *
 * @see DM-2.0 §5.3.1 to §5.3.3, §5.5
 */
import type { Campaign, ExpectedUpload, Resource } from './campaign.ts';
import { checkMoData, TYPES } from './check-package.ts';
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
  /** Everything that was sent by PUT and POST and accepted, oldest first. */
  readonly uploads: Upload[] = [];
  /** What clients did wrong. */
  readonly faults: string[] = [];
  private readonly resources: Campaign['resources'];

  constructor(resources: Campaign['resources']) {
    this.resources = resources;
  }

  answer(request: RepositoryRequest): RepositoryReply {
    const resource = this.resources[request.path];
    if (request.method === 'GET') return this.serve(request, resource);
    if (request.method === 'PUT' || request.method === 'POST') return this.take(request, resource);
    return reply(405, {});
  }

  /** The expected uploads that did not come, in words. */
  missing(expected: readonly ExpectedUpload[]): readonly string[] {
    return expected
      .filter((upload) => !this.uploads.some((found) => isUpload(upload, found)))
      .map((upload) => `no ${upload.method} ${upload.path} with ${JSON.stringify(upload.body ?? 'any body')}`);
  }

  private serve(request: RepositoryRequest, resource: Resource | undefined): RepositoryReply {
    if (resource === undefined) return reply(404, {});
    const { delay } = resource;
    if (resource.status !== undefined) return reply(resource.status, {}, delay);
    const type = resource.type ?? TYPES.moData;
    if (!accepts(request.accept, type)) return reply(406, {}, delay);
    return reply(200, { 'content-type': type }, delay, bodyOf(resource));
  }

  private take(request: RepositoryRequest, resource: Resource | undefined): RepositoryReply {
    if (request.type === '') this.faults.push(`${request.method} ${request.path} without Content-Type`);
    const accepted = resource?.accept;
    if (accepted !== undefined && !accepted.includes(request.type)) {
      return reply(415, { 'omadm-accept': accepted.join(', ') }, resource?.delay);
    }
    if (resource?.status !== undefined) return reply(resource.status, {}, resource.delay);
    const body = request.body.toString();
    if (request.type === TYPES.moData) this.checkMoData(request, body);
    this.uploads.push({ method: request.method, path: request.path, type: request.type, body });
    return reply(200, {}, resource?.delay);
  }

  private checkMoData(request: RepositoryRequest, body: string): void {
    for (const fault of checkMoData(parse(body))) this.faults.push(`${request.method} ${request.path}: ${fault}`);
  }
}

function isUpload(expected: ExpectedUpload, found: Upload): boolean {
  if (expected.method !== found.method || decoded(expected.path) !== decoded(found.path)) return false;
  if (expected.type !== undefined && expected.type !== found.type) return false;
  const value = found.type === TYPES.moData ? parse(found.body) : found.body;
  return expected.body === undefined || mismatch(expected.body, value) === undefined;
}

/** A path without percent-encoding; one that is wrongly encoded stands for itself. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Whether an Accept header takes the type; an absent one takes everything. */
function accepts(header: string, type: string): boolean {
  const ranges = header.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase() ?? '');
  return (
    header === '' || ranges.some((range) => range === '*/*' || range === type || range === `${type.split('/')[0]}/*`)
  );
}

function bodyOf(resource: Resource): Buffer {
  if (resource.base64 !== undefined) return Buffer.from(resource.base64, 'base64');
  return Buffer.from(typeof resource.body === 'string' ? resource.body : JSON.stringify(resource.body ?? ''));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reply(
  status: number,
  headers: Readonly<Record<string, string>>,
  delay = 0,
  body: Buffer = Buffer.alloc(0),
): RepositoryReply {
  return { status, headers, body, delay };
}
