/**
 * The search for MO roots on a device without `?list=`: child lists and Types of the upper levels, and whatever stands
 * where the mappings expect an MO (design: addresses).
 */
import type { MoMapping } from '../mapping/mapping.ts';
import { isMoid } from '../mapping/moid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { all } from '../workflow/combinators.ts';
import type { FoundRoot } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { readOnDevice, type Workflow } from '../workflow/workflow.ts';
import { childOf, getCommand, readPlainly } from './tree-reader.ts';

/** How deep a device without `?list=` is searched for MO roots. */
const SEARCH_DEPTH = 3;
/** How many nodes are asked for their Type at most. */
const SEARCH_NODES = 200;

/** Without `?list=`: the child lists of the upper levels and the Type of each interior node; DM 1.1 has no MOIDs, so places decide. */
export function* rootsBySearch(context: TranslationContext, byPlaceOnly: boolean): Workflow<readonly FoundRoot[]> {
  const places = yield* expectedPlaces(context, ({ find }) => find === 'type' || (byPlaceOnly && find === 'place'));
  if (byPlaceOnly) return places.map((locUri) => ({ locUri, type: '' }));
  const found = new Map<string, string>();
  const searched = new Set<string>();
  let level: readonly string[] = ['.'];
  for (let depth = 0; depth < SEARCH_DEPTH && level.length > 0 && found.size < SEARCH_NODES; depth += 1) {
    const interiors = (yield* childrenOf(level)).slice(0, SEARCH_NODES - found.size);
    for (const locUri of level) searched.add(locUri);
    const types = yield* typesOf(interiors);
    interiors.forEach((locUri, at) => {
      found.set(locUri, isMoid(types[at] ?? '') ? (types[at] ?? '') : '');
    });
    // Leaves answer with their MIME type. An MO inside an MO is reached through its owner.
    level = interiors.filter((_, at) => types[at] === '');
  }
  // What is found by place alone may lie deeper; where its branch begins was seen on the way.
  const deeper = yield* expectedPlaces(
    context,
    ({ find }, root) => find === 'place' && !found.has(root) && !isRuledOut(root, found, searched),
  );
  for (const place of [...places, ...deeper]) if (!found.has(place)) found.set(place, '');
  return [...found]
    .filter(([locUri, type]) => type !== '' || context.index.isExpectedAt(locUri))
    .map(([locUri, type]) => ({ locUri, type }));
}

/** True when the search has seen the children of a node on the way to `root`, and the next one was not among them. */
function isRuledOut(root: string, found: ReadonlyMap<string, string>, searched: ReadonlySet<string>): boolean {
  const names = root.split('/');
  const way = names.map((_, at) => names.slice(0, at + 1).join('/'));
  return (
    found.size < SEARCH_NODES &&
    way.some((locUri, at) => at > 0 && searched.has(way[at - 1] ?? '') && !found.has(locUri))
  );
}

/** LocURIs of the children of `parents`; a plain Get of each tells later whether it is interior. */
function* childrenOf(parents: readonly string[]): Workflow<readonly string[]> {
  const reads = yield* all(parents.map((parent) => readPlainly(parent)));
  return reads.flatMap((read, at) =>
    'children' in read ? read.children.map((name) => childOf(parents[at] ?? '.', name)) : [],
  );
}

function* typesOf(locUris: readonly string[]): Workflow<readonly string[]> {
  if (locUris.length === 0) return [];
  const commands: readonly CommandDraft[] = locUris.map((locUri) => getCommand(`${locUri}?prop=Type`));
  const outcomes = yield* readOnDevice(commands, ANYWHERE);
  return outcomes.map((outcome) => (isExecuted(outcome.status) ? (outcome.results[0]?.data ?? '').trim() : ''));
}

/** The default roots that are meant and exist on the device; those that end in `/*` stand for their children. */
function* expectedPlaces(
  { index }: TranslationContext,
  isMeant: (mapping: MoMapping, root: string) => boolean,
): Workflow<readonly string[]> {
  const meant = index.all().flatMap((mapping) => mapping.roots.filter((root) => isMeant(mapping, root)));
  const patterns = [...new Set(meant)];
  const reads = yield* all(patterns.map((pattern) => readPlainly(pattern.replace(/\/\*$/u, ''))));
  return patterns.flatMap((pattern, at) => {
    const read = reads[at];
    if (read === undefined || !('children' in read)) return [];
    const place = pattern.replace(/\/\*$/u, '');
    return pattern.endsWith('/*') ? read.children.map((name) => `${place}/${name}`) : [place];
  });
}
