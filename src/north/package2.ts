/** The reply to a package: the commands of Package#2, or the reason why the session ends (DM-2.0 §5.2.3, §5.6). */
import { parsePackage2 } from '../dm2/codec.ts';
import type { Content, WireCommand } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import { DecodeError } from '../errors.ts';

/** The reason why a reply to a package is of no use; of a redirect the origin of its target, which is not followed. */
export function refusalOf(reply: RepositoryReply, url: string): string {
  if (!('status' in reply)) return `backend ${reply.failure}: ${reply.reason}`;
  const { location } = reply.headers;
  const target = location === undefined || reply.status > 399 ? null : URL.parse(location, url);
  const redirect = target === null ? '' : `, a redirect to ${target.origin}`;
  return `backend answered ${reply.status}${redirect}`;
}

/** The commands of Package#2, or the reason why the session cannot go on with it. */
export function readCommands(body: Content, maxCommands: number): readonly WireCommand[] | string {
  try {
    const { CMD } = parsePackage2(body);
    return CMD.length <= maxCommands ? CMD : `${CMD.length} commands in Package#2, more than ${maxCommands}`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `invalid Package#2: ${error.message}`;
  }
}
