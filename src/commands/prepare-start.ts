/**
 * The workflow that prepares Package#1 (DM-2.0 §5.2.2). It finds the MOs of the device, when the backend wants MOS or an
 * alert comes from a place outside all instances that are known.
 */

import type { SupportedMo } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { newInstanceParents } from '../mapping/placed-definition.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { Mutable } from '../mutable.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { virtualRootOf } from '../translate/virtual-objects.ts';
import { address, isProvisioned } from '../tree/address.ts';
import { discover, instancesOf, withConfirmedPlaces } from '../tree/discovery.ts';
import { evidenceNodesOf, readInstanceParent } from '../tree/instance-parent.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { requestMiid, type Workflow } from '../workflow/workflow.ts';
import { ddfLinkOf } from './read-content.ts';
import { resolveForRead } from './targets.ts';

/** Discovers the device's MOs and gives their instances MIIDs; its result has the content of MOS when `withMos` is true. */
export function* prepareStart(context: TranslationContext, withMos: boolean): Workflow<CommandResult> {
  const { roots } = yield* discover(context);
  const unknownMoids = new Set<Moid>();
  for (const { locUri, type } of roots) {
    if (type === '') continue;
    const mapping = context.index.byDm1Type(type);
    if (mapping === undefined) unknownMoids.add(type);
    requestMiid(mapping?.moid ?? type, locUri);
  }
  if (!withMos) return { status: STATUS.ok };
  const unmapped = [...unknownMoids].map((moid) => context.index.fallbackMapping(moid));
  const provisioned = [...context.index.all(), ...unmapped].filter((mapping) => isProvisioned(context, mapping));
  yield* withConfirmedPlaces(context, provisioned);
  const found: { readonly mapping: MoMapping; readonly MIID: readonly Miid[] }[] = [];
  for (const mapping of provisioned) {
    const hasNoInstance = mapping.find === 'virtual' && virtualRootOf(mapping) === undefined;
    const instances = hasNoInstance ? [] : yield* instancesOf(context, mapping);
    found.push({ mapping, MIID: instances.map(({ miid }) => miid) });
  }
  const uncertain = found.flatMap(({ mapping, MIID }) => (isUncertain(mapping, MIID) ? [mapping] : []));
  const nodes = yield* existingEvidenceNodes(uncertain);
  // MOS lists an MO when the device has an instance of it, or the parent of new ones.
  const listed = found.filter(({ mapping, MIID }) => !isUncertain(mapping, MIID) || hasEvidenceNode(nodes, mapping));
  return { status: STATUS.ok, mos: listed.map(({ mapping, MIID }) => toSupportedMo(context, mapping, MIID)) };
}

/** As `prepareStart`, with the whole DevDetail of the device; a device that does not show it has none (early draft §5.4). */
export function* prepareWithDevDetail(context: TranslationContext, withMos: boolean): Workflow<CommandResult> {
  const prepared = yield* prepareStart(context, withMos);
  const addressed = yield* address(context, `${DEV_DETAIL}//`);
  const found = 'status' in addressed ? undefined : yield* resolveForRead(context, addressed);
  const node = found?.kind === 'found' ? found.targets[0]?.node : undefined;
  return node === undefined ? prepared : { ...prepared, devDetail: node };
}

const DEV_DETAIL = 'urn:oma:mo:oma-dm-devdetail:1.0';

function toSupportedMo(context: TranslationContext, mapping: MoMapping, MIID: readonly Miid[]): SupportedMo {
  const supported: Mutable<SupportedMo> = { MOID: mapping.moid, MIID };
  const ddf = ddfLinkOf(context, mapping);
  if (ddf !== undefined) supported.DDF = ddf;
  return supported;
}

function hasEvidenceNode(nodes: ReadonlySet<LocUri>, mapping: MoMapping): boolean {
  return evidenceNodesOf(mapping).some((locUri) => nodes.has(locUri));
}

/** True when only the evidence node shows if the device has the MO: without instances, and for a root at a fixed place. */
function isUncertain(mapping: MoMapping, miids: readonly string[]): boolean {
  return miids.length === 0 || (newInstanceParents(mapping).length === 0 && evidenceNodesOf(mapping).length > 0);
}

/** The evidence nodes that exist. The device is asked for all those together that the discovery does not know. */
function* existingEvidenceNodes(mappings: readonly MoMapping[]): Workflow<ReadonlySet<LocUri>> {
  const wanted = [...new Set(mappings.flatMap(evidenceNodesOf))];
  const reads = yield* all(wanted.map((locUri) => readInstanceParent(locUri)));
  // A node that refuses the read exists, such as the Inbox.
  return new Set(wanted.filter((_, at) => ['present', 'refused'].includes(reads[at]?.state ?? '')));
}
