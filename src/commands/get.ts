/** GET: the requested data is sent in Package#3 of this session (DM-2.0 §5.3.6, Appendix F). */
import { hasWildcard } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { address } from '../tree/address.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { inParts, type Workflow } from '../workflow/workflow.ts';
import { leafContent, moDataContent } from './read-content.ts';
import { isLeafTarget, isUnmodified, resolveForRead } from './targets.ts';

export function* get(context: TranslationContext, clientUri: string): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'empty') return { status: DM2_STATUS.noContent };
  if (found.kind === 'failure') return found.failure;
  const [first, ...others] = found.targets;
  if (first === undefined) return { status: DM2_STATUS.notFound };
  if (isUnmodified(addressed.uri, found.targets)) return { status: DM2_STATUS.notModified };
  if (others.length === 0 && isLeafTarget(first)) {
    if (first.node?.value === undefined) return { status: DM2_STATUS.noContent };
    if (!hasWildcard(addressed.uri)) {
      const content = leafContent(first);
      return content === undefined ? { status: DM2_STATUS.noContent } : { status: DM2_STATUS.ok, data: content };
    }
  }
  return { status: DM2_STATUS.ok, data: yield* inParts(moDataContent(context, addressed, found.targets)) };
}
