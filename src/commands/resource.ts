/** The resource of a Data Repository in a reply (DM-2.0 §5.3.1; RFC 9110 §15.3). */
import { textOf } from '../dm2/charset.ts';
import { type MediaType, parseMediaType } from '../dm2/media-type.ts';
import type { Content } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import { MappingError } from '../errors.ts';
import { HTTP } from '../http-status.ts';

export interface Resource {
  /** Undefined without a Content-Type; then the MO's own definition decides. */
  readonly mediaType: MediaType | undefined;
  /** The received bytes without their content codings. */
  readonly content: Content;
}

/** The reason why a reply has no resource. */
export interface NoResource {
  readonly isTooLarge: boolean;
  readonly reason: string;
}

/**
 * The resource in a reply with 200 or 203. With other successes the resource does not exist yet, or the body is a part or a
 * transformation of it.
 * @throws DecodeError ERR_MEDIA_TYPE
 */
export function toResource(reply: RepositoryReply): Resource | NoResource {
  const failure = failureOfReply(reply);
  if ('failure' in reply) return { isTooLarge: reply.failure === 'tooLarge', reason: failure };
  if (reply.status !== HTTP.ok && reply.status !== HTTP.nonAuthoritative) return { isTooLarge: false, reason: failure };
  const { body, headers } = reply;
  const isEmpty = 'text' in body ? body.text === '' : body.base64 === '';
  if (isEmpty) return { isTooLarge: false, reason: 'the resource is empty' };
  const contentType = headers['content-type'];
  return { mediaType: contentType === undefined ? undefined : parseMediaType(contentType), content: body };
}

/** The reason of a reply that is not a success: its failure, or its status. */
export function failureOfReply(reply: RepositoryReply): string {
  return 'failure' in reply ? `${reply.failure}: ${reply.reason}` : `the repository answered ${reply.status}`;
}

/**
 * The text of a resource as content; the content itself when its bytes are UTF-8.
 * @throws MappingError ERR_MO_DATA_SHAPE when the bytes are not text
 */
export function textContentOf(resource: Resource): Content {
  const { content } = resource;
  const text = textOfResource(resource);
  return 'text' in content && content.text === text ? content : { text };
}

/**
 * The text of a resource.
 * @throws MappingError ERR_MO_DATA_SHAPE when the bytes are not text
 */
export function textOfResource({ content, mediaType }: Resource): string {
  const reading = textOf(content, mediaType);
  if ('text' in reading) return reading.text;
  throw new MappingError('ERR_MO_DATA_SHAPE', reading.problem);
}
