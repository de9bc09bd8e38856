/**
 * The definition of an MO at one place. Vendors describe one MO in many DDFs, each with a root of its own: format,
 * occurrence and access of a node are those of the DDF that describes the root of its instance.
 *
 * @see DM-2.0 §6.4, §13.3
 */
import { type LocUri, nameOf } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import type { MoMapping, NewInstanceRule, PlacedDefinition } from './mapping.ts';
import { aliasOf, formatMoPlace, type MoPlace, PlaceMap } from './mo-place.ts';

/**
 * The mapping for the instance at `root`: its description and its access rules are those of the place. It has the MOID and the
 * other members of the given mapping, but no further definitions. The cost does not depend on the number of definitions.
 */
export function mappingAt(mapping: MoMapping, root: LocUri): MoMapping {
  if (mapping.definitions === undefined) return mapping;
  const { atPlaces, elsewhere } = variantsOf(mapping, mapping.definitions);
  return atPlaces.get(root) ?? elsewhere;
}

/** The nodes below which new instances are added. */
export function newInstanceParents({ newInstance, definitions = [] }: MoMapping): readonly LocUri[] {
  const rules = [newInstance, ...definitions.map((definition) => definition.newInstance)];
  return [...new Set(rules.flatMap((rule) => rule?.parent ?? []))];
}

/** A rule for new instances, with the name that the new root must have; undefined when it may have any. */
export interface NewRootRule extends NewInstanceRule {
  readonly name: string | undefined;
}

/**
 * The rule for a new instance that is to be called `name`: that of the root that a definition gives this name, else that of roots
 * with any name. Undefined when several roots have this name, such as one for the user and one for the device.
 */
export function newRootRule(mapping: MoMapping, name: string): NewRootRule | undefined {
  const { definitions = [], newInstance } = mapping;
  const [named, ...others] = namedRules(mapping, name);
  if (named !== undefined) return others.length === 0 ? named : undefined;
  const anyName = definitions.find((each) => each.place.kind === 'parent' && each.newInstance !== undefined);
  const rule = anyName?.newInstance ?? newInstance;
  return rule === undefined ? undefined : { ...rule, name: undefined };
}

/** True when new instances of this name may belong to several places. */
export function isNewRootAmbiguous(mapping: MoMapping, name: string): boolean {
  return namedRules(mapping, name).length > 1;
}

function namedRules({ definitions = [] }: MoMapping, name: string): readonly NewRootRule[] {
  return definitions.flatMap(({ place, newInstance }) => {
    const isNamed = newInstance !== undefined && place.kind === 'root' && nameOf(place.locUri) === name;
    return isNamed ? { ...newInstance, name } : [];
  });
}

/** The mappings of an MO at its places. */
interface Variants {
  readonly atPlaces: PlaceMap<MoMapping>;
  readonly elsewhere: MoMapping;
}

/** Mappings never change, and each target of a command asks for its variant. */
const variantsOfMappings = new WeakMap<MoMapping, Variants>();

function variantsOf(mapping: MoMapping, definitions: readonly PlacedDefinition[]): Variants {
  const known = variantsOfMappings.get(mapping);
  if (known !== undefined) return known;
  const { definitions: _, ...elsewhere } = mapping;
  const atPlaces = new PlaceMap<MoMapping>();
  const variants: [MoPlace, MoMapping][] = [];
  for (const { place, description, minimumAccess, newInstance } of definitions) {
    const variant: Mutable<MoMapping> = { ...elsewhere, description, minimumAccess };
    if (newInstance !== undefined) variant.newInstance = newInstance;
    atPlaces.add(place, variant);
    variants.push([place, variant]);
  }
  // A place that no definition names may be another name of one that has a definition.
  for (const [place, variant] of variants) {
    const alias = aliasOf(place);
    if (alias !== undefined) atPlaces.add(alias, variant);
  }
  const result = { atPlaces, elsewhere };
  variantsOfMappings.set(mapping, result);
  return result;
}

/** The definitions with `added` ones in the place of those for the same place. */
export function withDefinitions(
  definitions: readonly PlacedDefinition[],
  added: readonly PlacedDefinition[],
): readonly PlacedDefinition[] {
  const byPlace = new Map(definitions.map((each) => [formatMoPlace(each.place), each]));
  for (const each of added) byPlace.set(formatMoPlace(each.place), each);
  return [...byPlace.values()];
}
