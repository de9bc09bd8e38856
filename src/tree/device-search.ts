/**
 * Searches a device that does not list its tree for MO roots. It asks for all places where the mappings expect an MO, in the
 * trees of the device and of the user, and goes through the upper levels of the tree, where the Type property of nodes that no
 * mapping describes shows further MOs.
 */
import { isSearched, type MoMapping } from '../mapping/mapping.ts';
import { distinctPlaces, inOtherScope, isRootAt, isScope, type MoPlace } from '../mapping/mo-place.ts';
import { ancestorsOf, childOf, isAtOrBelow, type LocUri, nameOf, namesOf, parentOf, ROOT } from '../mo/loc-uri.ts';
import { isMoid } from '../mo/moid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { all } from '../workflow/combinators.ts';
import type { Discovered, FoundRoot } from '../workflow/device-tree.ts';
import { emit, readOnDevice, type Workflow } from '../workflow/workflow.ts';
import { evidenceNodesOf } from './instance-parent.ts';
import { isAbsence, isPartial, isUnsupported } from './status-groups.ts';
import { checkWhole, typeOf } from './structure-walk.ts';
import { getCommand, isPartialRead, type NodeRead, readNode } from './tree-reader.ts';

/** The levels of the tree that are searched. */
const MAX_DEPTH = 3;
/** The nodes whose Type is read at most. */
const MAX_NODES = 200;

/** The ways of searching that a device allows. */
export interface SearchWays {
  /** DM 1.1 has no MOIDs: every MO is found by its place. */
  readonly byPlaceOnly: boolean;
  /** `?prop=Type` may help. */
  readonly asksTypes: boolean;
  /** The device takes one command in a message, so that each one counts. */
  readonly oneByOne: boolean;
}

/**
 * Searches the sub-tree at `top`, or the whole device.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only a part of the children of a node
 */
export function* searchDevice(context: TranslationContext, ways: SearchWays, top: LocUri = ROOT): Workflow<Discovered> {
  const search = new Search(context, ways, top);
  yield* search.run();
  return search.found();
}

/** One search, with what the device has told so far. */
class Search {
  readonly #context: TranslationContext;
  readonly #ways: SearchWays;
  readonly #top: LocUri;
  readonly #reads = new Map<LocUri, NodeRead>();
  /** The Types that are known; '' for a node without Type. */
  readonly #types = new Map<LocUri, string>();
  #asksTypes: boolean;
  #nodes = 0;

  constructor(context: TranslationContext, ways: SearchWays, top: LocUri) {
    this.#context = context;
    this.#ways = ways;
    this.#top = top;
    this.#asksTypes = ways.asksTypes;
  }

  *run(): Workflow<void> {
    const { byPlaceOnly, oneByOne } = this.#ways;
    const atFirst = this.#locUris(({ find }) => byPlaceOnly || find === 'type');
    if (!byPlaceOnly) {
      yield* this.#read(oneByOne ? [this.#top] : [this.#top, ...this.#scopes(), ...atFirst]);
      yield* this.#read(atFirst);
    } else yield* this.#read(this.#top === ROOT ? atFirst : [this.#top, ...atFirst]);
    if (this.#mayTellTypes()) yield* this.#readLevels();
    // A root that is found by its place alone may be deeper, unless the search has seen that its branch is missing.
    yield* this.#read(this.#locUris(({ find }) => find === 'place'));
  }

  /** The roots in the order of the mappings, then those that only their Type shows. */
  found(): Discovered {
    const roots = new Map<LocUri, FoundRoot>();
    for (const locUri of this.#rootsAt(this.#searchedPlaces())) roots.set(locUri, this.#toRoot(locUri));
    for (const [locUri, type] of this.#types) {
      if (isMoid(type) && !roots.has(locUri)) roots.set(locUri, { locUri, type });
    }
    const places = new Map<LocUri, readonly string[]>();
    const absent: LocUri[] = [];
    for (const locUri of this.#nodesAboveRoots()) {
      const read = this.#reads.get(locUri);
      if (read !== undefined && 'children' in read) places.set(locUri, read.children);
      else if (this.#isAbsent(locUri)) absent.push(locUri);
    }
    const found: Mutable<Discovered> = {
      roots: [...roots.values()],
      places: Object.fromEntries(places),
      absent,
      unconfirmed: this.#refused(),
    };
    const failed = this.#failed();
    if (failed.length > 0) found.failed = Object.fromEntries(failed);
    return found;
  }

  /** The nodes of which the device has told nothing. A code for what it does not support is the code of some for a missing node. */
  #failed(): readonly (readonly [LocUri, number])[] {
    return [...this.#reads].flatMap(([locUri, read]): readonly (readonly [LocUri, number])[] => {
      if (!('state' in read) || read.state !== 'failed') return [];
      const { status } = read;
      const isFailure = status === STATUS.commandFailed || !(isUnsupported(status) || isPartial(status));
      return isFailure ? [[locUri, status]] : [];
    });
  }

  /** The places that the device did not let the bridge read: an MO may be there, or come to be readable there. */
  #refused(): readonly LocUri[] {
    const { index } = this.#context;
    const places = index.all().flatMap((mapping) => (isSearched(mapping) ? index.placesOf(mapping) : []));
    return distinctPlaces(places).flatMap(({ locUri }) => {
      const read = this.#reads.get(locUri);
      return read !== undefined && 'state' in read && read.state === 'refused' ? locUri : [];
    });
  }

  #toRoot(locUri: LocUri): FoundRoot {
    const type = this.#types.get(locUri);
    if (type === undefined) return { locUri, type: '', isTypeUnknown: true };
    return { locUri, type: isMoid(type) ? type : '' };
  }

  /** The nodes at the places of the chosen mappings, and those above their new instances. */
  #locUris(isChosen: (mapping: MoMapping) => boolean): readonly LocUri[] {
    const { index } = this.#context;
    const mappings = index.all().filter((mapping) => isSearched(mapping) && isChosen(mapping));
    const places = mappings.flatMap((mapping) => [...index.placesOf(mapping), ...this.#otherScopesOf(mapping)]);
    const evidence = mappings.flatMap(evidenceNodesOf);
    return [...places.map(({ locUri }) => locUri), ...evidence].filter((locUri) => isAtOrBelow(locUri, this.#top));
  }

  /** The tops of the trees of the device and of the user, in which an MO is found by its place alone. */
  #scopes(): readonly LocUri[] {
    const deeper = this.#locUris(({ find }) => find === 'place');
    return deeper
      .flatMap((locUri) => ancestorsOf(locUri))
      .filter((above) => isScope(above) && isAtOrBelow(above, this.#top));
  }

  /** The places of a mapping in the tree that it does not name. Only the Type of a node there shows that it is such an MO. */
  #otherScopesOf({ find, places }: MoMapping): readonly MoPlace[] {
    return this.#mayTellTypes() && find === 'type' ? distinctPlaces(places.flatMap(inOtherScope)) : [];
  }

  /** Many devices tell the Type of an interior node with the names of its children, even if they refuse the property. */
  #mayTellTypes(): boolean {
    const { byPlaceOnly, oneByOne } = this.#ways;
    return !byPlaceOnly && (this.#asksTypes || !oneByOne);
  }

  #nodesAboveRoots(): ReadonlySet<LocUri> {
    const parents = this.#searchedPlaces().filter(({ kind }) => kind === 'parent');
    const evidence = this.#context.index.all().flatMap(evidenceNodesOf);
    return new Set([...parents.map(({ locUri }) => locUri), ...evidence]);
  }

  /** The roots that the device has at these places. */
  #rootsAt(places: readonly MoPlace[]): readonly LocUri[] {
    const top = this.#top;
    const roots = distinctPlaces(places).flatMap(({ locUri, kind }) => {
      const read = this.#reads.get(locUri);
      // A root that is told in part exists; of a parent all children are needed.
      if (kind === 'root' && isPartialRead(read)) return [locUri];
      checkWhole(locUri, read);
      if (read === undefined || !('children' in read)) return [];
      return kind === 'root' ? [locUri] : read.children.map((name) => childOf(locUri, name));
    });
    // The top of the search may itself be one of the children that are roots.
    const isInterior = 'children' in (this.#reads.get(top) ?? {});
    if (isInterior && places.some((place) => place.kind === 'parent' && isRootAt(place, top))) roots.push(top);
    return roots;
  }

  /** Goes through the levels of the tree. The level below a node with a MOID is not read: it is inside an MO. */
  *#readLevels(): Workflow<void> {
    yield* this.#readTypes([...this.#ambiguousRoots(), ...this.#rootsInOtherScopes()]);
    const first = this.#top === ROOT ? this.#childrenOf([ROOT]) : [this.#top];
    let level = first;
    for (let depth = namesOf(first[0] ?? ROOT).length; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
      const nodes = level.filter((locUri) => !this.#context.index.isDescribed(locUri));
      const nodesLeft = nodes.slice(0, MAX_NODES - this.#nodes);
      this.#nodes += nodesLeft.length;
      yield* this.#read(nodesLeft);
      // A node that is told in part is a leaf when its Type says so.
      const interiors = nodesLeft.filter((locUri) => {
        const read = this.#reads.get(locUri);
        return 'children' in (read ?? {}) || isPartialRead(read);
      });
      yield* this.#readTypes(interiors);
      if (!this.#mayTellTypes()) return;
      level = this.#childrenOf(interiors.filter((locUri) => !isMoid(this.#types.get(locUri) ?? '')));
    }
  }

  #childrenOf(parents: readonly LocUri[]): readonly LocUri[] {
    return parents.flatMap((parent) => {
      const read = this.#reads.get(parent);
      // Where no Type is told, a node that is told in part may be a large leaf.
      if (parent === ROOT || this.#types.get(parent) === '') checkWhole(parent, read);
      return read !== undefined && 'children' in read ? read.children.map((name) => childOf(parent, name)) : [];
    });
  }

  #ambiguousRoots(): readonly LocUri[] {
    return this.#rootsAt(this.#searchedPlaces()).filter((locUri) => this.#context.index.isAmbiguousAt(locUri));
  }

  /** The places of all mappings whose MOs are searched for. */
  #searchedPlaces(): readonly MoPlace[] {
    const { index } = this.#context;
    const searched = index.all().filter(isSearched);
    return searched.flatMap((mapping) => index.placesOf(mapping));
  }

  #rootsInOtherScopes(): readonly LocUri[] {
    const { index } = this.#context;
    const places = index.all().flatMap((mapping) => (isSearched(mapping) ? this.#otherScopesOf(mapping) : []));
    return this.#rootsAt(places).filter((locUri) => !index.isExpectedAt(locUri));
  }

  /** Reads the Types that the device has not told with the nodes, unless it refuses that. */
  *#readTypes(locUris: readonly LocUri[]): Workflow<void> {
    const asked = this.#asksTypes ? [...new Set(locUris)].filter((locUri) => !this.#types.has(locUri)) : [];
    if (asked.length === 0) return;
    const commands = asked.map((locUri) => getCommand(`${locUri}?prop=Type`));
    const outcomes = yield* readOnDevice(commands, ANYWHERE);
    this.#asksTypes = outcomes.some(({ status }) => !isUnsupported(status) && !isAbsence(status));
    if (!this.#asksTypes) {
      emit({ type: 'fact', facts: { typeProperty: false } });
      return;
    }
    for (const [at, locUri] of asked.entries()) this.#types.set(locUri, typeOf(outcomes[at]) ?? '');
  }

  /** Reads nodes that were not read yet and that may exist. */
  *#read(locUris: readonly LocUri[]): Workflow<void> {
    const wanted = [...new Set(locUris)].filter((locUri) => !this.#reads.has(locUri) && !this.#isAbsent(locUri));
    const reads = yield* all(wanted.map((locUri) => readNode(locUri, ANYWHERE)));
    for (const [at, locUri] of wanted.entries()) {
      const read = reads[at];
      if (read === undefined) continue;
      this.#reads.set(locUri, read);
      // Many devices tell the Type with the node.
      const type = 'children' in read ? read.node.type : undefined;
      if (type !== undefined && isMoid(type)) this.#types.set(locUri, type);
    }
  }

  /** True when the device has said that the node, or a node above it, does not exist. */
  #isAbsent(locUri: LocUri): boolean {
    return [...ancestorsOf(locUri).slice(1), locUri].some((node) => {
      const own = this.#reads.get(node);
      if (own !== undefined && 'state' in own && own.state === 'absent') return true;
      const parent = parentOf(node);
      const above = parent === undefined ? undefined : this.#reads.get(parent);
      if (above === undefined || !('children' in above)) return false;
      return !above.children.includes(nameOf(node)) && !isScope(node);
    });
  }
}
