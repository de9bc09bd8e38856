/**
 * HGET: stores data from the Data Repository in the device's tree (DM-2.0 §5.3.1).
 *
 * The data is one of: the value of the leaf at the command's ClientURI; MO data or TNDS for the node at the command's ClientURI;
 * MO data or TNDS with ClientURIs or MOIDs of its own. A MOID alone makes a new instance, whose ClientURI is returned.
 */

import { parseMediaType } from '../dm2/media-type.ts';
import { parseMoData } from '../dm2/mo-data.ts';
import { type Content, MEDIA_TYPES } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { isHttpSuccess } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import { TNDS_WBXML_TYPE } from '../syncml/embedded-document.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import { type Addressed, address } from '../tree/address.ts';
import { moDataPart } from '../tree/writing/content-part.ts';
import { tndsPart, tndsParts } from '../tree/writing/tnds-parts.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { RepositoryReply } from '../workflow/repository.ts';
import { emit, requestHttp, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { storeContent } from './store-content.ts';
import { deliverMoData, deliverTnds, isInbox } from './store-inbox.ts';
import { storeLeaf } from './store-leaf.ts';

const ACCEPT = `${MEDIA_TYPES.moData}, ${MEDIA_TYPES.tnds};q=0.9, ${TNDS_WBXML_TYPE};q=0.9, text/plain;q=0.9, */*;q=0.8`;

export function* hget(
  context: TranslationContext,
  values: ServerUriValues,
  serverUri: string,
  clientUri: string | undefined,
): Workflow<CommandResult> {
  const addressed = clientUri === undefined ? undefined : yield* address(context, clientUri);
  if (addressed !== undefined && 'status' in addressed) return addressed;
  const url = yield* acceptServerUri(context, values, serverUri);
  if (url === undefined) return { status: DM2_STATUS.serverUriError };
  const document = toDocument(yield* requestHttp({ method: 'GET', url, headers: { accept: ACCEPT } }));
  if (document === undefined) return { status: DM2_STATUS.serverUriError };
  try {
    return yield* store(context, addressed, document);
  } catch (error) {
    const isRefusal = error instanceof DecodeError || error instanceof MappingError;
    if (!isRefusal || error.code !== 'ERR_MO_DATA_SHAPE') throw error;
    yield* emit({ type: 'log', event: 'data.refused', facts: { reason: error.message } });
    return { status: DM2_STATUS.unsupportedMediaType };
  }
}

interface Document {
  /** Absent without a Content-Type: then the MO's own definition decides. */
  readonly mediaType?: string;
  readonly content: Content;
}

function toDocument(reply: RepositoryReply): Document | undefined {
  if (!('status' in reply) || !isHttpSuccess(reply.status)) return undefined;
  const isEmpty = 'text' in reply.body ? reply.body.text === '' : reply.body.base64 === '';
  if (isEmpty) return undefined;
  const contentType = reply.headers['content-type'];
  const document: Mutable<Document> = { content: reply.body };
  if (contentType !== undefined) document.mediaType = parseMediaType(contentType).essence;
  return document;
}

function* store(
  context: TranslationContext,
  addressed: Addressed | undefined,
  document: Document,
): Workflow<CommandResult> {
  const { mediaType, content } = document;
  const isForInbox = addressed !== undefined && isInbox(addressed);
  if (mediaType === MEDIA_TYPES.moData) {
    if (isForInbox) return yield* deliverMoData(context, content);
    return yield* storeContent(context, addressed, parseMoData(content).map(moDataPart));
  }
  if (mediaType === MEDIA_TYPES.tnds || mediaType === TNDS_WBXML_TYPE) {
    if (isForInbox) return yield* deliverTnds(context, content);
    const parts = addressed === undefined ? yield* tndsParts(context, content) : [tndsPart(content)];
    return yield* storeContent(context, addressed, parts);
  }
  // Only MO data and TNDS have addresses of their own.
  if (addressed === undefined) throw new MappingError('ERR_MO_DATA_SHAPE', 'a single value without a ClientURI');
  return yield* storeLeaf(context, addressed, mediaType, content);
}
