/** The nodes that HGET writes: nodes of existing instances; the last name of the path may be that of a new node. */

import type { TranslationContext } from '../translate/context.ts';
import { type Addressed, realNamesOf } from '../tree/address.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { resolveForChange, type Targets, targetIn } from './targets.ts';

export function* resolveForWrite(context: TranslationContext, addressed: Addressed): Workflow<Targets> {
  const { uri } = addressed;
  const last = uri.path.at(-1);
  const isPlainPath = realNamesOf(uri.path) !== undefined && uri.instance.kind !== 'x';
  if (isPlainPath || last?.kind !== 'name') return yield* resolveForChange(context, addressed);
  const parents = yield* resolveForChange(context, { ...addressed, uri: { ...uri, path: uri.path.slice(0, -1) } });
  if (parents.kind !== 'found') return parents;
  return {
    kind: 'found',
    targets: parents.targets.map(({ mapping, miid, root, path }) => {
      return targetIn(mapping, { miid, root }, [...path, last.name]);
    }),
  };
}
