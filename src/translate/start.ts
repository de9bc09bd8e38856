/**
 * What Package#1 needs of the device before it can be written: where the MOs are, when MOS is due or an alert comes from
 * a place that no known root covers (DM-2.0 §5.2.2).
 */

import type { SupportedMo } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { isProvisioned } from './address.ts';
import type { CrossingContext } from './context.ts';
import { discover, instancesOf, placeOfNewInstances } from './discovery.ts';
import { madeRootOf } from './made-objects.ts';
import type { CommandResult } from './north-session.ts';
import { askMiid, type Procedure } from './procedure.ts';
import { ddfOf } from './read-content.ts';

/** In place of a wire command: MOS is due. */
export const WITH_MOS = 'MOS';

/** Discovers the device's MOs and names their instances; with MOS when the backend wants it. */
export function* prepareStart(context: CrossingContext, withMos: boolean): Procedure<CommandResult> {
  const { roots } = yield* discover(context);
  const unknownMoids = new Set<string>();
  for (const { locUri, type } of roots) {
    if (type === '') continue;
    const mapping = context.index.byDm1Type(type);
    if (mapping === undefined) unknownMoids.add(type);
    yield* askMiid(mapping?.moid ?? type, locUri);
  }
  if (!withMos) return { status: 200 };
  const unmapped = [...unknownMoids].map((moid) => context.index.fallbackMapping(moid));
  const provisioned = [...context.index.all(), ...unmapped].filter((mapping) => isProvisioned(context, mapping));
  const mos: SupportedMo[] = [];
  for (const mapping of provisioned) {
    const entry = yield* supportedMo(context, mapping);
    if (entry !== undefined) mos.push(entry);
  }
  return { status: 200, mos };
}

/** Listed when the device has an instance, or the place where a new one would go. */
function* supportedMo(context: CrossingContext, mapping: MoMapping): Procedure<SupportedMo | undefined> {
  const instances =
    mapping.find === 'made' && madeRootOf(mapping) === undefined ? [] : yield* instancesOf(context, mapping);
  if (instances.length === 0 && !(yield* hasPlace(mapping))) return undefined;
  const MIID = instances.map(({ miid }) => miid);
  return { ...ddfOf(context, mapping), MOID: mapping.moid, MIID };
}

function* hasPlace({ newInstance }: MoMapping): Procedure<boolean> {
  if (newInstance === undefined) return false;
  const place = yield* placeOfNewInstances(newInstance.parent);
  return place.state === 'present';
}
