/**
 * HPUT and HPOST: data of one or more nodes goes to the Data Repository in one request (DM-2.0 §5.3.2, §5.3.3).
 */
import { hasWildcard } from '../dm2/client-uri.ts';
import { negotiate } from '../dm2/media-type.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import { type Addressed, address } from '../tree/address.ts';
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
  if (url === undefined) return { status: 419 };
  const parts = yield* all(options.clientUris.map((clientUri) => readPart(context, clientUri)));
  const ready = parts.flatMap((part) => ('targets' in part ? [part] : []));
  if (ready.length === 0)
    return { status: statusWithoutData(parts.flatMap((part) => ('status' in part ? [part.status] : []))) };
  const offers = formatsOf(context, ready);
  const accept = options.accept ?? MEDIA_TYPES.moData;
  const offer = choose(accept, offers, options.accept === undefined);
  if (offer === undefined) return { status: 406 };
  const reply = yield* send(url, options.method, offer);
  if (!isUnsupportedMediaType(reply)) return { status: isAccepted(reply) ? 200 : 419 };
  const retry = choose(
    reply.headers['omadm-accept'] ?? '',
    offers.filter((other) => other !== offer),
    false,
  );
  if (retry === undefined) return { status: 406 };
  return { status: isAccepted(yield* send(url, options.method, retry)) ? 200 : 419 };
}

type Part = { readonly addressed: Addressed; readonly targets: readonly Target[] } | { readonly status: number };

function* readPart(context: TranslationContext, clientUri: string): Workflow<Part> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'empty') return { status: 404 };
  if (found.kind === 'status') return { status: found.status };
  return isUnmodified(addressed.uri, found.targets) ? { status: 304 } : { addressed, targets: found.targets };
}

/** None ready: any refused 403, all unmodified 304, else missing 404 (DM-2.0 Appendix C). */
function statusWithoutData(statuses: readonly number[]): number {
  if (statuses.includes(403)) return 403;
  if (statuses.every((status) => status === 304)) return 304;
  return statuses.find((status) => status >= 500) ?? 404;
}

/** The forms in which the data can go, best first: a single leaf in its own media type, everything as dmmo+json, one node as TNDS. */
function formatsOf(
  context: TranslationContext,
  parts: readonly { readonly addressed: Addressed; readonly targets: readonly Target[] }[],
): readonly TypedContent[] {
  const members = parts.flatMap(({ addressed, targets }) =>
    targets.map((target) => moDataMember(context, addressed, target)),
  );
  const document: TypedContent = { contentType: MEDIA_TYPES.moData, content: { text: formatMoData(members) } };
  const [part] = parts;
  const [target] = part?.targets ?? [];
  const isSingle = parts.length === 1 && part?.targets.length === 1 && target !== undefined && isLeafTarget(target);
  const leaf = isSingle && !hasWildcard(part.addressed.uri) ? leafContent(target) : undefined;
  const tnds =
    parts.length === 1 && part?.targets.length === 1 && target !== undefined
      ? [tndsContent(part.addressed, target)]
      : [];
  return [...(leaf === undefined ? [] : [leaf]), document, ...tnds];
}

/** Without OMADM-Accept a single leaf goes as it is (DM-2.0 Appendix I.1). */
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

function isAccepted(reply: RepositoryReply): boolean {
  return 'status' in reply && reply.status >= 200 && reply.status < 300;
}

function isUnsupportedMediaType(reply: RepositoryReply): reply is Extract<RepositoryReply, { status: number }> {
  return 'status' in reply && reply.status === 415 && reply.headers['omadm-accept'] !== undefined;
}
