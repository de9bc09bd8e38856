/**
 * Searches a device without `?list=` for MO roots: reads child lists and Types of the upper levels, and the nodes where the
 * mappings expect an MO.
 */
import type { MoMapping } from '../mapping/mapping.ts';
import { distinctPlaces, type MoPlace } from '../mapping/mo-place.ts';
import { ancestorsOf, childOf, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { isMoid, type Moid } from '../mo/moid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import type { TranslationContext } from '../translate/context.ts';
import { all } from '../workflow/combinators.ts';
import type { FoundRoot } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { readOnDevice, type Workflow } from '../workflow/workflow.ts';
import { checkWhole, typeOf } from './structure-walk.ts';
import { getCommand, isPartialRead, readNode } from './tree-reader.ts';

/** The levels of the tree that are searched. */
const MAX_DEPTH = 3;
/** The nodes whose Type is read at most. */
const MAX_NODES = 200;

/**
 * The MO roots of the device; `byPlaceOnly` for DM 1.1, which has no MOIDs.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only a part of the children of a node
 */
export function* rootsBySearch(context: TranslationContext, byPlaceOnly: boolean): Workflow<readonly FoundRoot[]> {
  const atPlaces = yield* rootsAtPlaces(context, ({ find }) => find === 'type' || (byPlaceOnly && find === 'place'));
  if (byPlaceOnly) return atPlaces.map((locUri) => ({ locUri, type: '' }));
  const found = new Map<LocUri, Moid | ''>();
  const searched = new Set<LocUri>();
  let level: readonly LocUri[] = [ROOT];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && found.size < MAX_NODES; depth += 1) {
    const interiors = (yield* childrenOf(level)).slice(0, MAX_NODES - found.size);
    for (const locUri of level) searched.add(locUri);
    const types = yield* typesOf(interiors);
    for (const [at, locUri] of interiors.entries()) {
      const type = types[at] ?? '';
      found.set(locUri, isMoid(type) ? type : '');
    }
    // A leaf has a MIME type as Type. An MO inside an MO is found through the outer one.
    level = interiors.filter((_, at) => types[at] === '');
  }
  // A root that is found by its place alone may be deeper, unless the search has seen that its branch is missing.
  const deeper = yield* rootsAtPlaces(
    context,
    ({ find }, place) => find === 'place' && !isFound(place, found) && !isRuledOut(place, found, searched),
  );
  for (const root of [...atPlaces, ...deeper]) if (!found.has(root)) found.set(root, '');
  return [...found]
    .filter(([locUri, type]) => type !== '' || context.index.isExpectedAt(locUri))
    .map(([locUri, type]) => ({ locUri, type }));
}

/** True when the search has seen that the place, or a node above it, does not exist. */
function isRuledOut(
  { locUri, kind }: MoPlace,
  found: ReadonlyMap<LocUri, string>,
  searched: ReadonlySet<LocUri>,
): boolean {
  if (found.size >= MAX_NODES) return false;
  if (kind === 'parent' && searched.has(locUri)) return true;
  return [...ancestorsOf(locUri).slice(1), locUri].some((node) => {
    const parent = parentOf(node);
    return parent !== undefined && searched.has(parent) && !found.has(node);
  });
}

function isFound({ locUri, kind }: MoPlace, found: ReadonlyMap<LocUri, string>): boolean {
  return kind === 'root' && found.has(locUri);
}

/** The children of the nodes; their Types show later if they are interior. */
function* childrenOf(parents: readonly LocUri[]): Workflow<readonly LocUri[]> {
  const reads = yield* all(parents.map((parent) => readNode(parent)));
  return reads.flatMap((read, at) => {
    const parent = parents[at] ?? ROOT;
    checkWhole(parent, read);
    return 'children' in read ? read.children.map((name) => childOf(parent, name)) : [];
  });
}

function* typesOf(locUris: readonly LocUri[]): Workflow<readonly string[]> {
  if (locUris.length === 0) return [];
  const commands: readonly CommandDraft[] = locUris.map((locUri) => getCommand(`${locUri}?prop=Type`));
  const outcomes = yield* readOnDevice(commands, ANYWHERE);
  return outcomes.map((outcome) => typeOf(outcome) ?? '');
}

/** The roots that the device has at the chosen places. */
function* rootsAtPlaces(
  { index }: TranslationContext,
  isChosen: (mapping: MoMapping, place: MoPlace) => boolean,
): Workflow<readonly LocUri[]> {
  const chosen = index.all().flatMap((mapping) => mapping.places.filter((place) => isChosen(mapping, place)));
  const places = distinctPlaces(chosen);
  const reads = yield* all(places.map(({ locUri }) => readNode(locUri)));
  return places.flatMap(({ locUri, kind }, at) => {
    const read = reads[at];
    // A root that is told in part exists; of a parent all children are needed.
    if (kind === 'root' && isPartialRead(read)) return [locUri];
    checkWhole(locUri, read);
    if (read === undefined || !('children' in read)) return [];
    return kind === 'root' ? [locUri] : read.children.map((name) => childOf(locUri, name));
  });
}
