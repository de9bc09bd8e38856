/**
 * The workflow that prepares Package#1 (DM-2.0 §5.2.2). It finds the MOs of the device, when the backend wants MOS or an
 * alert comes from a place outside all instances that are known.
 */

import { ddfOf } from '../commands/read-content.ts';
import type { SupportedMo } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { virtualRootOf } from '../translate/virtual-objects.ts';
import { isProvisioned } from '../tree/address.ts';
import { discover, instancesOf, placeOf, placeOfNewInstances } from '../tree/discovery.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { requestDiscovered, requestMiid, type Workflow } from '../workflow/workflow.ts';

/** Discovers the device's MOs and gives their instances MIIDs; its result has the content of MOS when `withMos` is true. */
export function* prepareStart(context: TranslationContext, withMos: boolean): Workflow<CommandResult> {
  const { roots } = yield* discover(context);
  const unknownMoids = new Set<Moid>();
  for (const { locUri, type } of roots) {
    if (type === '') continue;
    const mapping = context.index.byDm1Type(type);
    if (mapping === undefined) unknownMoids.add(type);
    yield* requestMiid(mapping?.moid ?? type, locUri);
  }
  if (!withMos) return { status: STATUS.ok };
  const unmapped = [...unknownMoids].map((moid) => context.index.fallbackMapping(moid));
  const provisioned = [...context.index.all(), ...unmapped].filter((mapping) => isProvisioned(context, mapping));
  const found: { readonly mapping: MoMapping; readonly MIID: readonly Miid[] }[] = [];
  for (const mapping of provisioned) {
    const hasNoInstance = mapping.find === 'virtual' && virtualRootOf(mapping) === undefined;
    const instances = hasNoInstance ? [] : yield* instancesOf(context, mapping);
    found.push({ mapping, MIID: instances.map(({ miid }) => miid) });
  }
  const uncertain = found.flatMap(({ mapping, MIID }) => (isUncertain(mapping, MIID) ? [mapping] : []));
  const places = yield* existingPlaces(uncertain);
  // MOS lists an MO when the device has an instance of it, or the place for a new one.
  const listed = found.filter(({ mapping, MIID }) => !isUncertain(mapping, MIID) || hasPlace(places, mapping));
  const mos = listed.map(({ mapping, MIID }): SupportedMo => {
    return { ...ddfOf(context, mapping), MOID: mapping.moid, MIID };
  });
  return { status: STATUS.ok, mos };
}

function hasPlace(places: ReadonlySet<LocUri>, mapping: MoMapping): boolean {
  const place = placeOf(mapping);
  return place !== undefined && places.has(place);
}

/** True when only the place shows if the device has the MO: there is no instance, or it is one at a fixed place. */
function isUncertain(mapping: MoMapping, miids: readonly string[]): boolean {
  return miids.length === 0 || (mapping.newInstance === undefined && placeOf(mapping) !== undefined);
}

/** The places that the device has. Without a listing of the whole tree, the device is asked for all of them together. */
function* existingPlaces(mappings: readonly MoMapping[]): Workflow<ReadonlySet<LocUri>> {
  const wanted = [...new Set(mappings.flatMap((mapping) => placeOf(mapping) ?? []))];
  const discovered = yield* requestDiscovered();
  if (discovered?.places !== undefined) return new Set(wanted.filter((place) => discovered.places?.[place]));
  const places = yield* all(wanted.map((place) => placeOfNewInstances(place)));
  // What may not be read is there all the same, such as the Inbox.
  return new Set(wanted.filter((_, at) => ['present', 'refused'].includes(places[at]?.state ?? '')));
}
