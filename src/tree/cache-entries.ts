/**
 * Copies of what the device told: whole MO instances as DM 2.0 sees them, and which MO roots there are. When one may
 * stand for a read is the cache's matter; here is what to ask it for, and what is worth keeping (DM-2.0 §11).
 */
import { cacheValidator } from '../dm2/cache-validator.ts';
import { hasVolatile, type MoMapping } from '../mapping/mapping.ts';
import { type LocUri, ROOT } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import { treePartsOf } from '../translate/uri.ts';
import type { CacheEntry } from '../workflow/cache-entry.ts';
import type { Discovered } from '../workflow/device-tree.ts';
import { emit, requestCacheEntry, type Workflow } from '../workflow/workflow.ts';

/** An instance whose content is known as a whole. */
export interface WholeInstance {
  readonly tree: MoNode;
  /** Cache validator (DM-2.0 §11.1). */
  readonly validator: string;
}

/** No instance has an empty key. */
const ROOTS_KEY = '';
const WHOLE_DEVICE: readonly LocUri[] = [ROOT];

/** The current copy of the instance at `root`, for a read of the node at `path`; nodes that change all the time have none. */
export function* cachedInstance(
  mapping: MoMapping,
  root: LocUri,
  path: readonly string[],
): Workflow<WholeInstance | undefined> {
  if (hasVolatile(mapping, path)) return undefined;
  const copy = yield* requestCacheEntry(
    { key: keyOf(mapping, root), parts: partsOf(mapping, root), of: 'values' },
    mapping.cache,
  );
  return copy === undefined || 'roots' in copy.value ? undefined : { tree: copy.value, validator: copy.validator };
}

/** Keeps an instance that was read as a whole. */
export function* cacheInstance(mapping: MoMapping, root: LocUri, tree: MoNode): Workflow<WholeInstance> {
  const copy = instanceEntry(mapping, root, tree);
  yield* emit({ type: 'cacheEntry', entry: copy });
  return { tree, validator: copy.validator };
}

/** An instance as it is kept. */
export function instanceEntry(mapping: MoMapping, root: LocUri, tree: MoNode): CacheEntry {
  return {
    key: keyOf(mapping, root),
    parts: partsOf(mapping, root),
    of: 'values',
    validator: cacheValidator(tree),
    confirmable: mapping.knowsVolatile === true,
    value: tree,
  };
}

/** The CV that the backend may be told: an instance that holds volatile nodes has none (design: MO cache rules). */
export function validatorOf(mapping: MoMapping, { validator }: WholeInstance): string | undefined {
  return hasVolatile(mapping, []) ? undefined : validator;
}

/** The MO roots of the device, if what was found in an earlier session still holds. */
export function* cachedRoots(): Workflow<Discovered | undefined> {
  const copy = yield* requestCacheEntry({ key: ROOTS_KEY, parts: WHOLE_DEVICE, of: 'structure' });
  return copy !== undefined && 'roots' in copy.value ? copy.value : undefined;
}

/** Keeps the MO roots that a search of the device has found. */
export function* cacheRoots(discovered: Discovered): Workflow<void> {
  const validator = cacheValidator({ name: JSON.stringify(discovered), format: 'null' });
  const copy: CacheEntry = {
    key: ROOTS_KEY,
    parts: WHOLE_DEVICE,
    of: 'structure',
    validator,
    confirmable: true,
    value: discovered,
  };
  yield* emit({ type: 'cacheEntry', entry: copy });
}

function keyOf({ moid }: MoMapping, root: LocUri): string {
  return `${moid} ${root}`;
}

function partsOf(mapping: MoMapping, root: LocUri): readonly LocUri[] {
  return treePartsOf(mapping, root, []).map(({ locUri }) => locUri);
}
