/** GET: the requested data goes with Package#3 of this session (DM-2.0 §5.3.6, Appendix F). */
import { hasWildcard } from '../dm2/client-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import { address } from '../tree/address.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { leafContent, moDataContent } from './read-content.ts';
import { isLeafTarget, isUnmodified, resolveForRead } from './targets.ts';

export function* get(context: TranslationContext, clientUri: string): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'empty') return { status: 204 };
  if (found.kind === 'status') return { status: found.status };
  const [first, ...others] = found.targets;
  if (first === undefined) return { status: 404 };
  if (isUnmodified(addressed.uri, found.targets)) return { status: 304 };
  const single = others.length === 0 && isLeafTarget(first) && !hasWildcard(addressed.uri);
  if (single) {
    const content = leafContent(first);
    return content === undefined ? { status: 204 } : { status: 200, data: content };
  }
  if (others.length === 0 && isLeafTarget(first) && first.node?.value === undefined) return { status: 204 };
  return { status: 200, data: moDataContent(context, addressed, found.targets) };
}
