/** HPUT and HPOST: the data of one or more nodes is sent to the Data Repository in one request (DM-2.0 §5.3.2, §5.3.3). */
import { hasWildcard } from '../dm2/client-uri.ts';
import { negotiate } from '../dm2/media-type.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { HTTP, isHttpSuccess } from '../http-status.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import { type Addressed, address, type OrStatus } from '../tree/address.ts';
import type { Target } from '../tree/target.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { RepositoryReply } from '../workflow/repository.ts';
import { requestHttp, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { leafContent, moDataMember, type TypedContent, tndsContent } from './read-content.ts';
import { isLeafTarget, isUnmodified, resolveForRead } from './targets.ts';

export interface UploadOptions {
  readonly method: 'PUT' | 'POST';
  readonly serverUri: string;
  readonly clientUris: readonly string[];
  /** OMADM-Accept of the last Package#2 (DM-2.0 §5.5). */
  readonly accept: string | undefined;
}

export function* upload(
  context: TranslationContext,
  values: ServerUriValues,
  options: UploadOptions,
): Workflow<CommandResult> {
  const url = yield* acceptServerUri(context, values, options.serverUri);
  if (url === undefined) return { status: DM2_STATUS.serverUriError };
  const parts = yield* all(options.clientUris.map((clientUri) => readPart(context, clientUri)));
  const ready = parts.flatMap((part) => ('targets' in part ? [part] : []));
  if (ready.length === 0) {
    const statuses = parts.flatMap((part) => ('status' in part ? [part.status] : []));
    return { status: statusWithoutData(statuses) };
  }
  const offers = formatsOf(context, ready);
  const accept = options.accept ?? MEDIA_TYPES.moData;
  const offer = choose(accept, offers, options.accept === undefined);
  if (offer === undefined) return { status: DM2_STATUS.notAcceptable };
  const reply = yield* send(url, options.method, offer);
  if (!isUnsupportedMediaType(reply)) return { status: uploadStatus(reply) };
  const others = offers.filter((other) => other !== offer);
  const retry = choose(reply.headers['omadm-accept'] ?? '', others, false);
  if (retry === undefined) return { status: DM2_STATUS.notAcceptable };
  return { status: uploadStatus(yield* send(url, options.method, retry)) };
}

/** The nodes of one ClientURI, with their data. */
interface Part {
  readonly addressed: Addressed;
  readonly targets: readonly Target[];
}

function* readPart(context: TranslationContext, clientUri: string): Workflow<OrStatus<Part>> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  if (found.kind === 'status') return { status: found.status };
  return isUnmodified(addressed.uri, found.targets)
    ? { status: DM2_STATUS.notModified }
    : { addressed, targets: found.targets };
}

/** The status when no ClientURI has data: 403 for one refusal, 304 when all are unmodified, else 404 (DM-2.0 Appendix C). */
function statusWithoutData(statuses: readonly number[]): number {
  if (statuses.includes(DM2_STATUS.forbidden)) return DM2_STATUS.forbidden;
  if (statuses.every((status) => status === DM2_STATUS.notModified)) return DM2_STATUS.notModified;
  return statuses.find((status) => status >= DM2_STATUS.internalError) ?? DM2_STATUS.notFound;
}

/** The possible formats, best first: a single leaf in its own media type, all nodes as dmmo+json, one node as TNDS. */
function formatsOf(context: TranslationContext, parts: readonly Part[]): readonly TypedContent[] {
  const members = parts.flatMap(({ addressed, targets }) =>
    targets.map((target) => moDataMember(context, addressed, target)),
  );
  const document: TypedContent = { contentType: MEDIA_TYPES.moData, content: { text: formatMoData(members) } };
  const [part] = parts;
  const [target, ...others] = part?.targets ?? [];
  if (parts.length !== 1 || part === undefined || target === undefined || others.length > 0) return [document];
  const formats = [document, tndsContent(part.addressed, target)];
  const isSingleLeaf = isLeafTarget(target) && !hasWildcard(part.addressed.uri);
  const leaf = isSingleLeaf ? leafContent(target) : undefined;
  return leaf === undefined ? formats : [leaf, ...formats];
}

/** Without OMADM-Accept a single leaf is sent in its own media type (DM-2.0 Appendix I.1). */
function choose(accept: string, offers: readonly TypedContent[], isDefault: boolean): TypedContent | undefined {
  if (isDefault) return offers[0];
  const chosen = negotiate(
    accept,
    offers.map(({ contentType }) => contentType),
  );
  return offers.find(({ contentType }) => contentType === chosen);
}

function* send(
  url: ServerUri,
  method: 'PUT' | 'POST',
  { contentType, content }: TypedContent,
): Workflow<RepositoryReply> {
  return yield* requestHttp({ method, url, headers: { 'content-type': contentType }, body: content });
}

function uploadStatus(reply: RepositoryReply): number {
  return 'status' in reply && isHttpSuccess(reply.status) ? DM2_STATUS.ok : DM2_STATUS.serverUriError;
}

function isUnsupportedMediaType(reply: RepositoryReply): reply is Extract<RepositoryReply, { status: number }> {
  return 'status' in reply && reply.status === HTTP.unsupportedMediaType && reply.headers['omadm-accept'] !== undefined;
}
