/**
 * The search for MO roots on a device without `?list=`: child lists and Types of the upper levels, and whatever stands
 * where the mappings expect an MO (design: addresses).
 */
import type { MoMapping } from '../mapping/mapping.ts';
import { distinctPlaces, type MoPlace } from '../mapping/mo-place.ts';
import { ancestorsOf, childOf, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { isMoid, type Moid } from '../mo/moid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { all } from '../workflow/combinators.ts';
import type { FoundRoot } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { readOnDevice, type Workflow } from '../workflow/workflow.ts';
import { getCommand, readPlainly } from './tree-reader.ts';

/** How deep a device without `?list=` is searched for MO roots. */
const SEARCH_DEPTH = 3;
/** How many nodes are asked for their Type at most. */
const SEARCH_NODES = 200;

/** Without `?list=`: the child lists of the upper levels and the Type of each interior node; DM 1.1 has no MOIDs, so places decide. */
export function* rootsBySearch(context: TranslationContext, byPlaceOnly: boolean): Workflow<readonly FoundRoot[]> {
  const atPlaces = yield* rootsAtPlaces(context, ({ find }) => find === 'type' || (byPlaceOnly && find === 'place'));
  if (byPlaceOnly) return atPlaces.map((locUri) => ({ locUri, type: '' }));
  const found = new Map<LocUri, Moid | ''>();
  const searched = new Set<LocUri>();
  let level: readonly LocUri[] = [ROOT];
  for (let depth = 0; depth < SEARCH_DEPTH && level.length > 0 && found.size < SEARCH_NODES; depth += 1) {
    const interiors = (yield* childrenOf(level)).slice(0, SEARCH_NODES - found.size);
    for (const locUri of level) searched.add(locUri);
    const types = yield* typesOf(interiors);
    for (const [at, locUri] of interiors.entries()) {
      const type = types[at] ?? '';
      found.set(locUri, isMoid(type) ? type : '');
    }
    // Leaves answer with their MIME type. An MO inside an MO is reached through its owner.
    level = interiors.filter((_, at) => types[at] === '');
  }
  // What is found by place alone may lie deeper; where its branch begins was seen on the way.
  const deeper = yield* rootsAtPlaces(
    context,
    ({ find }, place) => find === 'place' && !isFound(place, found) && !isRuledOut(place, found, searched),
  );
  for (const root of [...atPlaces, ...deeper]) if (!found.has(root)) found.set(root, '');
  return [...found]
    .filter(([locUri, type]) => type !== '' || context.index.isExpectedAt(locUri))
    .map(([locUri, type]) => ({ locUri, type }));
}

/** True when the search has seen the children of a node on the way to `root`, and the next one was not among them. */
function isRuledOut(
  { locUri, kind }: MoPlace,
  found: ReadonlyMap<LocUri, string>,
  searched: ReadonlySet<LocUri>,
): boolean {
  if (found.size >= SEARCH_NODES) return false;
  if (kind === 'parent' && searched.has(locUri)) return true;
  return [...ancestorsOf(locUri).slice(1), locUri].some((node) => {
    const parent = parentOf(node);
    return parent !== undefined && searched.has(parent) && !found.has(node);
  });
}

function isFound({ locUri, kind }: MoPlace, found: ReadonlyMap<LocUri, string>): boolean {
  return kind === 'root' && found.has(locUri);
}

/** LocURIs of the children of `parents`; a plain Get of each tells later whether it is interior. */
function* childrenOf(parents: readonly LocUri[]): Workflow<readonly LocUri[]> {
  const reads = yield* all(parents.map((parent) => readPlainly(parent)));
  return reads.flatMap((read, at) =>
    'children' in read ? read.children.map((name) => childOf(parents[at] ?? ROOT, name)) : [],
  );
}

function* typesOf(locUris: readonly LocUri[]): Workflow<readonly string[]> {
  if (locUris.length === 0) return [];
  const commands: readonly CommandDraft[] = locUris.map((locUri) => getCommand(`${locUri}?prop=Type`));
  const outcomes = yield* readOnDevice(commands, ANYWHERE);
  return outcomes.map((outcome) => (isExecuted(outcome.status) ? (outcome.results[0]?.data ?? '').trim() : ''));
}

/** The roots that the device has at the chosen places. */
function* rootsAtPlaces(
  { index }: TranslationContext,
  isChosen: (mapping: MoMapping, place: MoPlace) => boolean,
): Workflow<readonly LocUri[]> {
  const chosen = index.all().flatMap((mapping) => mapping.places.filter((place) => isChosen(mapping, place)));
  const places = distinctPlaces(chosen);
  const reads = yield* all(places.map(({ locUri }) => readPlainly(locUri)));
  return places.flatMap(({ locUri, kind }, at) => {
    const read = reads[at];
    if (read === undefined || !('children' in read)) return [];
    return kind === 'root' ? [locUri] : read.children.map((name) => childOf(locUri, name));
  });
}
