/**
 * What Package#1 needs of the device before it can be written: where the MOs are, when MOS is due or an alert comes from
 * a place that no known root covers (DM-2.0 §5.2.2).
 */

import { ddfOf } from '../commands/read-content.ts';
import type { SupportedMo } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { TranslationContext } from '../translate/context.ts';
import { virtualRootOf } from '../translate/virtual-objects.ts';
import { isProvisioned } from '../tree/address.ts';
import { discover, instancesOf, placeOf, placeOfNewInstances } from '../tree/discovery.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { requestDiscovered, requestMiid, type Workflow } from '../workflow/workflow.ts';

/** In place of a wire command: MOS is due. */
export const WITH_MOS = 'MOS';

/** Discovers the device's MOs and names their instances; with MOS when the backend wants it. */
export function* prepareStart(context: TranslationContext, withMos: boolean): Workflow<CommandResult> {
  const { roots } = yield* discover(context);
  const unknownMoids = new Set<Moid>();
  for (const { locUri, type } of roots) {
    if (type === '') continue;
    const mapping = context.index.byDm1Type(type);
    if (mapping === undefined) unknownMoids.add(type);
    yield* requestMiid(mapping?.moid ?? type, locUri);
  }
  if (!withMos) return { status: 200 };
  const unmapped = [...unknownMoids].map((moid) => context.index.fallbackMapping(moid));
  const provisioned = [...context.index.all(), ...unmapped].filter((mapping) => isProvisioned(context, mapping));
  const found: { readonly mapping: MoMapping; readonly MIID: readonly Miid[] }[] = [];
  for (const mapping of provisioned) {
    const isNowhere = mapping.find === 'virtual' && virtualRootOf(mapping) === undefined;
    const instances = isNowhere ? [] : yield* instancesOf(context, mapping);
    found.push({ mapping, MIID: instances.map(({ miid }) => miid) });
  }
  const places = yield* placesAmong(found.flatMap(({ mapping, MIID }) => (isOpen(mapping, MIID) ? [mapping] : [])));
  // Listed when the device has an instance, or the place where a new one would go.
  const listed = found.filter(({ mapping, MIID }) => !isOpen(mapping, MIID) || hasPlace(places, mapping));
  const mos = listed.map(({ mapping, MIID }): SupportedMo => {
    return { ...ddfOf(context, mapping), MOID: mapping.moid, MIID };
  });
  return { status: 200, mos };
}

function hasPlace(places: ReadonlySet<LocUri>, mapping: MoMapping): boolean {
  const place = placeOf(mapping);
  return place !== undefined && places.has(place);
}

/** Whether only its place tells that the device has the MO: there is no instance, or the one at a fixed place need not be there. */
function isOpen(mapping: MoMapping, miids: readonly string[]): boolean {
  return miids.length === 0 || (mapping.newInstance === undefined && placeOf(mapping) !== undefined);
}

/** The places that the device has; what its listing of the whole tree leaves open is asked in one go. */
function* placesAmong(mappings: readonly MoMapping[]): Workflow<ReadonlySet<LocUri>> {
  const wanted = [...new Set(mappings.flatMap((mapping) => placeOf(mapping) ?? []))];
  const discovered = yield* requestDiscovered();
  if (discovered?.places !== undefined) return new Set(wanted.filter((place) => discovered.places?.[place]));
  const places = yield* all(wanted.map((place) => placeOfNewInstances(place)));
  // What may not be read is there all the same, such as the Inbox.
  return new Set(wanted.filter((_, at) => ['present', 'refused'].includes(places[at]?.state ?? '')));
}
