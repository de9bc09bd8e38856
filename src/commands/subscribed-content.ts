/** The content of a subscription as the Data Repository sees it, and the validator that tells it from any other. */
import { cacheValidator } from '../dm2/cache-validator.ts';
import { concreteClientUri } from '../dm2/client-uri.ts';
import { truncate } from '../dm2/resolve.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { LongWork } from '../long-work.ts';
import { isVolatile } from '../mapping/mapping.ts';
import type { MoNode } from '../mo/node.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { Addressed } from '../tree/address.ts';
import type { Target } from '../tree/target.ts';
import type { Failure } from '../workflow/command-result.ts';
import { inParts, type Workflow } from '../workflow/workflow.ts';
import { resolveForRead } from './targets.ts';
import type { Part } from './upload-formats.ts';

export interface SubscribedContent {
  readonly validator: string;
  /** Empty when there is no node any more. */
  readonly parts: readonly Part[];
}

/** Reads the nodes; a `cv` in the ClientURI does not count. Nodes that are not there are no failure. */
export function* readSubscribed(
  context: TranslationContext,
  addressed: Addressed,
): Workflow<SubscribedContent | Failure> {
  const found = yield* resolveForRead(context, addressed);
  if (found.kind === 'failure' && found.failure.status !== DM2_STATUS.notFound) return found.failure;
  const targets = found.kind === 'found' ? found.targets : [];
  const parts = targets.length === 0 ? [] : [{ addressed, targets }];
  return { validator: yield* inParts(validatorOf(addressed, targets)), parts };
}

/** Neither the order of nodes nor nodes that change all the time count. */
function* validatorOf({ uri }: Addressed, targets: readonly Target[]): LongWork<string> {
  const children = targets.map(({ mapping, miid, path, node }): MoNode => {
    const lasting = node && withoutVolatile(truncate(node, uri.level), path, (at) => isVolatile(mapping, at));
    return interior(concreteClientUri(uri, miid, path), lasting === undefined ? [] : [lasting]);
  });
  return yield* cacheValidator(interior('', children));
}

function interior(name: string, children: readonly MoNode[]): MoNode {
  return { name, format: 'node', children };
}

/** The node without the nodes below it, or its own value, that change all the time. */
function withoutVolatile(
  node: MoNode,
  path: readonly string[],
  isLeftOut: (path: readonly string[]) => boolean,
): MoNode | undefined {
  if (isLeftOut(path)) return undefined;
  if (node.children === undefined) return node;
  const children = node.children.flatMap((child) => withoutVolatile(child, [...path, child.name], isLeftOut) ?? []);
  return { ...node, children };
}
