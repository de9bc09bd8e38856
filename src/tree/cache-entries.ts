/**
 * Cache entries of a device's tree: whole MO instances as DM 2.0 sees them, and the list of MO roots. `cache/` decides
 * whether an entry may replace a read; here are the keys and the contents (DM-2.0 §11).
 */
import { cacheValidator } from '../dm2/cache-validator.ts';
import { finish, type LongWork } from '../long-work.ts';
import { type CachePolicy, hasVolatile, type MoMapping } from '../mapping/mapping.ts';
import { type LocUri, ROOT } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { type TreePart, treePartsOf } from '../translate/uri.ts';
import { entriesOf } from '../typed-entries.ts';
import type { CacheEntry, CurrentCacheEntry } from '../workflow/cache-entry.ts';
import type { Discovered } from '../workflow/device-tree.ts';
import { emit, inParts, requestCacheEntry, type Workflow } from '../workflow/workflow.ts';

/** An instance with its whole content. */
export interface CompleteInstance {
  readonly tree: MoNode;
  /** Cache validator (DM-2.0 §11.1). */
  readonly validator: string;
}

/** The key of the list of MO roots; no instance has an empty key. */
const ROOTS_KEY = '';
const WHOLE_DEVICE: readonly LocUri[] = [ROOT];

/** The current entry of the instance at `root` for a read of the node at `path`; volatile nodes are not read from it. */
export function* cachedInstance(
  mapping: MoMapping,
  root: LocUri,
  path: NodePath,
): Workflow<CompleteInstance | undefined> {
  if (hasVolatile(mapping, path)) return undefined;
  const wanted = { key: keyOf(mapping, root), parts: partsOf(mapping, root), of: 'values' } as const;
  const entry = yield* requestCacheEntry(wanted, mapping.cache);
  if (entry === undefined || 'roots' in entry.value) return undefined;
  return { tree: entry.value, validator: entry.validator };
}

/** Makes an entry of an instance that was read as a whole. */
export function* cacheInstance(mapping: MoMapping, root: LocUri, tree: MoNode): Workflow<CompleteInstance> {
  const entry = yield* inParts(instanceEntry(mapping, root, tree));
  emit({ type: 'cacheEntry', entry });
  return { tree, validator: entry.validator };
}

/** The entry of an instance. */
export function* instanceEntry(mapping: MoMapping, root: LocUri, tree: MoNode): LongWork<CacheEntry> {
  return {
    key: keyOf(mapping, root),
    parts: partsOf(mapping, root),
    of: 'values',
    validator: yield* cacheValidator(tree),
    confirmable: mapping.knowsVolatile === true,
    value: tree,
  };
}

/** The CV for the backend. An instance with volatile nodes has none, because its content changes without a report. */
export function validatorOf(mapping: MoMapping, { validator }: CompleteInstance): string | undefined {
  return hasVolatile(mapping, []) ? undefined : validator;
}

/** The MO roots that an earlier session has found, and the sub-trees that may have changed since. */
export interface CachedRoots {
  readonly discovered: Discovered;
  readonly outdated: readonly LocUri[];
}

/**
 * The MO roots of the device from an earlier session. With a policy they may be those of a time that the device has not
 * confirmed; then the children of the nodes above the roots count as unconfirmed.
 */
export function* cachedRoots(policy?: CachePolicy): Workflow<CachedRoots | undefined> {
  const wanted = { key: ROOTS_KEY, parts: WHOLE_DEVICE, of: 'structure' } as const;
  const confirmed = toCachedRoots(yield* requestCacheEntry(wanted));
  if (confirmed !== undefined || policy === undefined) return confirmed;
  const unconfirmed = toCachedRoots(yield* requestCacheEntry(wanted, policy));
  if (unconfirmed === undefined) return undefined;
  const { discovered, outdated } = unconfirmed;
  const places = entriesOf(discovered.places ?? {}).map(([locUri]) => locUri);
  const all = new Set([...(discovered.unconfirmed ?? []), ...places]);
  return { discovered: { ...discovered, unconfirmed: [...all] }, outdated };
}

function toCachedRoots(entry: CurrentCacheEntry | undefined): CachedRoots | undefined {
  if (entry === undefined || !('roots' in entry.value)) return undefined;
  return { discovered: entry.value, outdated: entry.outdated ?? [] };
}

/** Makes an entry of the MO roots that a search of the device has found. */
export function cacheRoots(discovered: Discovered): void {
  const validator = finish(cacheValidator({ name: JSON.stringify(discovered), format: 'null' }));
  const entry: CacheEntry = {
    key: ROOTS_KEY,
    parts: WHOLE_DEVICE,
    of: 'structure',
    validator,
    confirmable: true,
    value: discovered,
  };
  emit({ type: 'cacheEntry', entry });
}

function keyOf({ moid }: MoMapping, root: LocUri): string {
  return `${moid} ${root}`;
}

/** The parts of whole instances are kept, and so are their addresses. */
const addressesOfParts = new WeakMap<readonly TreePart[], readonly LocUri[]>();

function partsOf(mapping: MoMapping, root: LocUri): readonly LocUri[] {
  const parts = treePartsOf(mapping, root, []);
  const known = addressesOfParts.get(parts);
  if (known !== undefined) return known;
  const addresses = parts.map(({ locUri }) => locUri);
  addressesOfParts.set(parts, addresses);
  return addresses;
}
