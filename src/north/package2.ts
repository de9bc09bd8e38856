/** The reply to a package: the commands of Package#2, or the reason why the session ends (DM-2.0 §5.2.3, §5.6). */
import { parsePackage2 } from '../dm2/codec.ts';
import { DRAFT_TYPES, parseDraftAnswer } from '../dm2/draft/answer.ts';
import { isMediaType } from '../dm2/media-type.ts';
import type { Content, WireCommand } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import { DecodeError } from '../errors.ts';
import type { NorthEffect, NorthEnvironment } from './north-state.ts';

/** The reason why a reply to a package is of no use; of a redirect the origin of its target, which is not followed. */
export function refusalOf(reply: RepositoryReply, url: string): string {
  if (!('status' in reply)) return `backend ${reply.failure}: ${reply.reason}`;
  const { location } = reply.headers;
  const target = location === undefined || reply.status > 399 ? null : URL.parse(location, url);
  const redirect = target === null ? '' : `, a redirect to ${target.origin}`;
  return `backend answered ${reply.status}${redirect}`;
}

/** The commands of a Package#2; of the early draft with the MsgID of the answer. */
export interface Answer {
  readonly commands: readonly WireCommand[];
  readonly msgId?: number;
}

/** The commands in a reply, or the reason why the session cannot go on with it. */
export function readAnswer(
  { context, maxCommands }: NorthEnvironment,
  { headers, body }: Extract<RepositoryReply, { status: number }>,
): Answer | string {
  try {
    const isDraft = context.account.dialect === 'dm20-draft';
    const answer = isDraft ? readDraft(headers['content-type'], body) : { commands: parsePackage2(body).CMD };
    const { length } = answer.commands;
    return length <= maxCommands ? answer : `${length} commands in Package#2, more than ${maxCommands}`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `invalid Package#2: ${error.message}`;
  }
}

function readDraft(contentType: string | undefined, body: Content): Answer {
  if (!isMediaType(contentType, DRAFT_TYPES.commands)) {
    throw new DecodeError('ERR_PACKAGE_SHAPE', `it is not ${DRAFT_TYPES.commands}`);
  }
  if (!('text' in body)) throw new DecodeError('ERR_PACKAGE_SHAPE', 'it is not UTF-8');
  return parseDraftAnswer(body.text);
}

/** A backend of the early draft counts its answers. */
export function missingMessages(before: number | undefined, msgId: number | undefined): NorthEffect | undefined {
  if (before === undefined || msgId === undefined || msgId === before + 1) return undefined;
  return { type: 'log', event: 'north.msg_id_gap', facts: { expected: before + 1, got: msgId } };
}
