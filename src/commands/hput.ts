/** HPUT and HPOST: the data of one or more nodes is sent to the Data Repository in one request (DM-2.0 §5.3.2, §5.3.3). */
import { DRAFT_TYPES, moList } from '../dm2/draft/answer.ts';
import { MEDIA_TYPES, type TypedContent } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { HTTP, isHttpSuccess } from '../http-status.ts';
import type { TranslationContext } from '../translate/context.ts';
import { address } from '../tree/address.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import { requestHttp, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { prepareStart } from './prepare-start.ts';
import { failureOfReply } from './resource.ts';
import { isUnmodified, resolveForRead } from './targets.ts';
import { choose, formatsOf, type Part } from './upload-formats.ts';

export interface UploadOptions {
  readonly method: 'PUT' | 'POST';
  readonly serverUri: string;
  readonly clientUris: readonly string[];
  /** OMADM-Accept of the last Package#2 (DM-2.0 §5.5). */
  readonly accept: string | undefined;
}

export function* upload(context: TranslationContext, options: UploadOptions): Workflow<CommandResult> {
  const accepted = acceptServerUri(context, options.serverUri);
  if ('refusal' in accepted) return { status: DM2_STATUS.serverUriError, reason: accepted.refusal };
  const everything = context.account.dialect === 'dm20-draft' ? options.clientUris.find(isEverything) : undefined;
  if (everything !== undefined) return yield* uploadMoids(context, accepted.uri, options, everything);
  const parts = yield* all(options.clientUris.map((clientUri) => readPart(context, clientUri)));
  const ready = parts.flatMap((part) => ('targets' in part ? [part] : []));
  if (ready.length === 0) return resultWithoutData(parts.flatMap((part) => ('status' in part ? [part] : [])));
  const offers = yield* formatsOf(context, ready);
  const accept = options.accept ?? MEDIA_TYPES.moData;
  const offer = choose(accept, offers, options.accept === undefined);
  if (offer === undefined) return { status: DM2_STATUS.notAcceptable };
  const { method } = options;
  const reply = yield* send(accepted.uri, method, offer);
  if (!isUnsupportedMediaType(reply)) return resultOf(reply, method);
  const others = offers.filter((other) => other !== offer);
  const retry = choose(reply.headers['omadm-accept'] ?? '', others, false);
  if (retry === undefined) return { status: DM2_STATUS.notAcceptable };
  return resultOf(yield* send(accepted.uri, method, retry), method);
}

function* readPart(context: TranslationContext, clientUri: string): Workflow<Part | Failure> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  if (found.kind === 'failure') return found.failure;
  return isUnmodified(addressed.uri, found.targets)
    ? { status: DM2_STATUS.notModified }
    : { addressed, targets: found.targets };
}

/** The address of the early draft for all MOs of the device. */
function isEverything(clientUri: string): boolean {
  return clientUri === '*' || clientUri.startsWith('*?');
}

/** The MOIDs that the account may see; with one sublevel also their instances (early draft §5.8). */
function* uploadMoids(
  context: TranslationContext,
  url: ServerUri,
  { method }: UploadOptions,
  clientUri: string,
): Workflow<CommandResult> {
  const { status, mos = [] } = yield* prepareStart(context, true);
  if (status !== DM2_STATUS.ok) return { status };
  const content = { text: JSON.stringify(moList(mos, clientUri.includes('lv='))) };
  return resultOf(yield* send(url, method, { contentType: DRAFT_TYPES.first, content }), method);
}

/** The result when no ClientURI has data: 403 for one refusal, 304 when all are unmodified, else 404 (DM-2.0 Appendix C). */
function resultWithoutData(failures: readonly Failure[]): Failure {
  const refused = failures.find(({ status }) => status === DM2_STATUS.forbidden);
  if (refused !== undefined) return refused;
  if (failures.every(({ status }) => status === DM2_STATUS.notModified)) return { status: DM2_STATUS.notModified };
  return failures.find(({ status }) => status >= DM2_STATUS.internalError) ?? { status: DM2_STATUS.notFound };
}

function* send(
  url: ServerUri,
  method: 'PUT' | 'POST',
  { contentType, content }: TypedContent,
): Workflow<RepositoryReply> {
  return yield* requestHttp({ method, url, headers: { 'content-type': contentType }, body: content });
}

/** A POST with the answer 303 has succeeded: the reply names the resource with its result (RFC 9110 §15.4.4). */
function resultOf(reply: RepositoryReply, method: 'PUT' | 'POST'): CommandResult {
  const status = 'status' in reply ? reply.status : undefined;
  const isSeeOther = method === 'POST' && status === HTTP.seeOther;
  if (status !== undefined && (isHttpSuccess(status) || isSeeOther)) return { status: DM2_STATUS.ok };
  return { status: DM2_STATUS.serverUriError, reason: failureOfReply(reply) };
}

function isUnsupportedMediaType(reply: RepositoryReply): reply is Extract<RepositoryReply, { status: number }> {
  return 'status' in reply && reply.status === HTTP.unsupportedMediaType && reply.headers['omadm-accept'] !== undefined;
}
