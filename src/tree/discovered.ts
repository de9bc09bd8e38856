/** The MO roots that a session knows, after a part of the device was searched again. */
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { hasRootAt, type MoPlace } from '../mapping/mo-place.ts';
import { childOf, isAtOrBelow, type LocUri, overlaps, parentOf } from '../mo/loc-uri.ts';
import { moidKey } from '../mo/moid.ts';
import type { Mutable } from '../mutable.ts';
import { entriesOf } from '../typed-entries.ts';
import type { Discovered, FoundRoot } from '../workflow/device-tree.ts';
import { checkWhole } from './structure-walk.ts';
import type { NodeRead } from './tree-reader.ts';

/** The discovery after the sub-tree at `top` was searched again. */
export function withPart(known: Discovered, top: LocUri, part: Discovered): Discovered {
  const { roots, places = {}, absent = [], unconfirmed } = known;
  const isKept = (locUri: LocUri) => !isAtOrBelow(locUri, top);
  const placesLeft = entriesOf(places).filter(([locUri]) => isKept(locUri) && locUri !== parentOf(top));
  const merged: Mutable<Discovered> = {
    roots: [...roots.filter(({ locUri }) => isKept(locUri)), ...part.roots],
    places: { ...Object.fromEntries(placesLeft), ...part.places },
    absent: [...absent.filter((locUri) => !overlaps(locUri, top)), ...(part.absent ?? [])],
  };
  const refused = part.unconfirmed ?? [];
  merged.unconfirmed = [...(unconfirmed ?? []).filter(isKept), ...refused];
  const failed = [
    ...entriesOf(known.failed ?? {}).filter(([locUri]) => isKept(locUri)),
    ...entriesOf(part.failed ?? {}),
  ];
  if (failed.length > 0) merged.failed = Object.fromEntries(failed);
  return merged;
}

/** The discovery after a place was read; a refusal, and a failure that passes, say nothing. */
export function withPlace(known: Discovered, { locUri: at, kind }: MoPlace, read: NodeRead | undefined): Discovered {
  if (kind === 'parent') checkWhole(at, read);
  const names = read !== undefined && 'children' in read ? read.children : undefined;
  const isAbsent = read !== undefined && 'state' in read && read.state === 'absent';
  if (names === undefined && !isAbsent) return known;
  const unconfirmed = (known.unconfirmed ?? []).filter((locUri) => locUri !== at);
  const isThere = (locUri: LocUri) => (kind === 'root' ? locUri : parentOf(locUri)) === at;
  const found = kind === 'root' ? [at] : (names ?? []).map((name) => childOf(at, name));
  const present = new Set(isAbsent ? [] : found);
  const kept = known.roots.filter(({ locUri }) => !isThere(locUri) || present.has(locUri));
  const keptRoots = new Set(kept.map(({ locUri }) => locUri));
  const added = [...present].filter((locUri) => !keptRoots.has(locUri));
  const roots = [...kept, ...added.map((locUri): FoundRoot => ({ locUri, type: '', isTypeUnknown: true }))];
  if (kind === 'root') return { ...known, roots, unconfirmed };
  const { [at]: _, ...others } = known.places ?? {};
  const { absent = [] } = known;
  return {
    ...known,
    roots,
    places: names === undefined ? others : { ...others, [at]: names },
    absent: isAbsent ? [...absent, at] : absent,
    unconfirmed,
  };
}

/** The roots of the MO among those that were found on the device. */
export function rootsOf(index: MoIndex, mapping: MoMapping, roots: readonly FoundRoot[]): readonly LocUri[] {
  const key = moidKey(mapping.moid);
  const isOfType = ({ type }: FoundRoot) => type !== '' && moidKey(index.byDm1Type(type)?.moid ?? type) === key;
  const hasTyped = roots.some(isOfType);
  // An MO that is found by its place alone may have any Type that no mapping knows.
  const mayBe = ({ type, isTypeUnknown }: FoundRoot) => {
    if (type === '') return !hasTyped || isTypeUnknown === true;
    return !hasTyped && mapping.find === 'place' && index.byDm1Type(type) === undefined;
  };
  const places = index.placesOf(mapping);
  const isExpected = ({ locUri }: FoundRoot) => hasRootAt(places, locUri);
  return roots.filter((root) => isOfType(root) || (mayBe(root) && isExpected(root))).map(({ locUri }) => locUri);
}
