/**
 * HGET: data from the Data Repository goes into the device's tree (DM-2.0 §5.3.1).
 *
 * Three kinds of documents: a leaf value for the command's ClientURI; MO data or TNDS for it; MO data or TNDS that names
 * its own place, or only a MOID, and then becomes a new instance whose address is returned.
 */

import { parseMediaType } from '../dm2/media-type.ts';
import { parseMoData } from '../dm2/mo-data.ts';
import { type Content, MEDIA_TYPES } from '../dm2/package.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { TNDS_WBXML_TYPE } from '../syncml/embedded-document.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import { type Addressed, address } from '../tree/address.ts';
import { jsonMember } from '../tree/writing/members.ts';
import { tndsMemberForPlace, tndsMembers } from '../tree/writing/tnds-members.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { RepositoryReply } from '../workflow/repository.ts';
import { emit, requestHttp, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { deliverMoData, deliverTnds, isInbox } from './store-inbox.ts';
import { storeLeaf } from './store-leaf.ts';
import { storeMembers } from './store-members.ts';

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
  if (url === undefined) return { status: 419 };
  const document = toDocument(yield* requestHttp({ method: 'GET', url, headers: { accept: ACCEPT } }));
  if (document === undefined) return { status: 419 };
  try {
    return yield* store(context, addressed, document);
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof MappingError) || error.code !== 'ERR_MO_DATA_SHAPE')
      throw error;
    yield* emit({ type: 'log', event: 'data.refused', facts: { reason: error.message } });
    return { status: 415 };
  }
}

interface Document {
  /** Absent: the repository does not say, so that the MO's own definition decides. */
  readonly mediaType?: string;
  readonly content: Content;
}

function toDocument(reply: RepositoryReply): Document | undefined {
  if (!('status' in reply) || reply.status < 200 || reply.status > 299) return undefined;
  const isEmpty = 'text' in reply.body ? reply.body.text === '' : reply.body.base64 === '';
  if (isEmpty) return undefined;
  const contentType = reply.headers['content-type'];
  return { content: reply.body, ...(contentType !== undefined && { mediaType: parseMediaType(contentType).essence }) };
}

function* store(
  context: TranslationContext,
  addressed: Addressed | undefined,
  document: Document,
): Workflow<CommandResult> {
  const { mediaType, content } = document;
  const delivered = addressed !== undefined && isInbox(addressed);
  if (mediaType === MEDIA_TYPES.moData) {
    if (delivered) return yield* deliverMoData(context, content);
    return yield* storeMembers(context, addressed, parseMoData(content).map(jsonMember));
  }
  if (mediaType === MEDIA_TYPES.tnds || mediaType === TNDS_WBXML_TYPE) {
    if (delivered) return yield* deliverTnds(context, content);
    const members = addressed === undefined ? yield* tndsMembers(context, content) : [tndsMemberForPlace(content)];
    return yield* storeMembers(context, addressed, members);
  }
  // Only MO data and TNDS say where they belong.
  if (addressed === undefined) throw new MappingError('ERR_MO_DATA_SHAPE', 'a single value without a ClientURI');
  return yield* storeLeaf(context, addressed, mediaType, content);
}
