/** A resource of a Data Repository, as a reply carries it (DM-2.0 §5.3.1; RFC 9110 §15.3). */
import { textOf } from '../dm2/charset.ts';
import { type MediaType, parseMediaType } from '../dm2/media-type.ts';
import type { Content } from '../dm2/package.ts';
import { MappingError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { RepositoryReply } from '../workflow/repository.ts';

export interface Resource {
  /** Undefined: the repository does not tell it, so that the MO's own definition decides. */
  readonly mediaType: MediaType | undefined;
  /** The bytes as they came, with their content codings undone. */
  readonly content: Content;
}

/** There is no resource. */
export interface NoResource {
  readonly isTooLarge: boolean;
  readonly reason: string;
}

/**
 * The resource in a reply. 200 and 203 carry it; the other successes mean that it is yet to be made, or that the body is
 * a part or a transformation of it.
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

/** The reason why a reply is none of success: its failure, or its status. */
export function failureOfReply(reply: RepositoryReply): string {
  return 'failure' in reply ? `${reply.failure}: ${reply.reason}` : `the repository answered ${reply.status}`;
}

/**
 * The text of a resource, as a content; the same one where its bytes are UTF-8.
 * @throws MappingError ERR_MO_DATA_SHAPE when it is none
 */
export function textContentOf(resource: Resource): Content {
  const { content } = resource;
  const text = textOfResource(resource);
  return 'text' in content && content.text === text ? content : { text };
}

/**
 * The text of a resource.
 * @throws MappingError ERR_MO_DATA_SHAPE when it is none
 */
export function textOfResource({ content, mediaType }: Resource): string {
  const reading = textOf(content, mediaType);
  if ('text' in reading) return reading.text;
  throw new MappingError('ERR_MO_DATA_SHAPE', reading.problem);
}
