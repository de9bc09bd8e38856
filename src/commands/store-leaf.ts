/** HGET of a single value to the leaf that the command's ClientURI names (DM-2.0 §5.3.1, Appendix I.2). */

import { isTextType, textOf } from '../dm2/charset.ts';
import { contentBytes } from '../dm2/content.ts';
import { isMediaType } from '../dm2/media-type.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { MappingError } from '../errors.ts';
import { finish } from '../long-work.ts';
import type { WriteRefusal } from '../mapping/ddf-check.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import { isBinaryFormat, isInterior, type MoNode, type NodeFormat } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { storeRight } from '../rights/store-rights.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import type { TranslationContext } from '../translate/context.ts';
import { fromMoData } from '../translate/mo-data.ts';
import { isRightsMo, isSecret, secretValue } from '../translate/virtual-objects.ts';
import { type Addressed, realNamesOf } from '../tree/address.ts';
import { failureOf, readView } from '../tree/instance-views.ts';
import { type DeviceTarget, deviceTargets, isVirtualTarget, type VirtualTarget } from '../tree/target.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import { checkNode, isChecked } from '../tree/writing/definition-check.ts';
import { all, withLaterWrites } from '../workflow/combinators.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import { emit, type Workflow } from '../workflow/workflow.ts';
import { type Resource, textOfResource } from './resource.ts';
import { resolveForWrite } from './write-targets.ts';

export function* storeLeaf(
  context: TranslationContext,
  addressed: Addressed,
  resource: Resource,
): Workflow<CommandResult> {
  const names = realNamesOf(addressed.uri.path);
  if (names !== undefined) checkMediaType(addressed.mapping, names, resource);
  if (isRightsMo(addressed.mapping)) return yield* storeRight(context, addressed, textOfResource(resource));
  const refusal = names === undefined ? undefined : findEarlyRefusal(addressed.mapping, names, resource);
  if (refusal !== undefined) return refusal;
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind === 'failure') return found.failure;
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  const [first] = found.targets;
  if (first !== undefined && isVirtualTarget(first)) return storeVirtualLeaf(first, resource);
  const targets = deviceTargets(found.targets) ?? [];
  for (const { mapping, path } of targets) {
    // The definition of the target may be another one than that of the MO in general.
    const refused = mapping === addressed.mapping ? undefined : findEarlyRefusal(mapping, path, resource);
    if (refused !== undefined) return refused;
    if (mapping !== addressed.mapping) checkMediaType(mapping, path, resource);
  }
  const changes = targets.map(({ locUri }): TreeChange => ({ locUri, change: 'structure' }));
  const plans = yield* withLaterWrites(all(targets.map((target) => planLeaf(context, target, resource))), changes);
  const failed = plans.find((plan) => 'status' in plan);
  if (failed !== undefined) return failed;
  const writes = plans.flatMap((plan) => ('status' in plan ? [] : [plan]));
  return yield* writeTree(context, writes);
}

/**
 * A repository behind a portal or a gateway may answer with a page for people instead of the resource.
 * @throws MappingError ERR_MO_DATA_SHAPE for such a page, when the definition has the leaf's own media type
 */
function checkMediaType(mapping: MoMapping, path: NodePath, { mediaType }: Resource): void {
  if (mediaType?.essence !== HTML) return;
  const described = describeNode(mapping, path);
  if (described?.type === undefined || [described.type, ...(described.otherTypes ?? [])].some(isHtml)) return;
  throw new MappingError('ERR_MO_DATA_SHAPE', `the repository answered ${HTML} for a leaf of ${described.type}`);
}

const HTML = 'text/html';

function isHtml(type: string): boolean {
  return isMediaType(type, HTML);
}

/** Checks the value against the MO's definition, before anything is read. */
function findEarlyRefusal(mapping: MoMapping, path: NodePath, resource: Resource): WriteRefusal | undefined {
  if (!isChecked(mapping)) return undefined;
  const described = describeNode(mapping, path)?.format;
  const format = described === undefined || described === 'node' ? formatOf(resource) : described;
  const node = { name: path.at(-1) ?? '', format, value: toValue(resource, format, path) };
  return checkNode(mapping, path, node, 'unknown');
}

function storeVirtualLeaf({ root, path }: VirtualTarget, resource: Resource): CommandResult {
  if (!isSecret(root, path)) return { status: DM2_STATUS.forbidden, reason: 'the bridge keeps this node itself' };
  const content = formatOf(resource) === 'chr' ? { text: textOfResource(resource) } : resource.content;
  emit({ type: 'accountValue', path: path.join('/'), value: secretValue(content) });
  return { status: DM2_STATUS.ok };
}

function* planLeaf(
  context: TranslationContext,
  { mapping, root, path, locUri }: DeviceTarget,
  resource: Resource,
): Workflow<Write | Failure> {
  const read = yield* readView(mapping, root, path);
  const existing = read.state === 'present' ? read.node : undefined;
  if (read.state === 'failed') return { status: failureOf(context, read) ?? DM2_STATUS.internalError };
  if (existing !== undefined && isInterior(existing)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is an interior node and takes no value`, {
      place: { node: locUri },
    });
  }
  checkMediaType(mapping, path, resource);
  const described = describeNode(mapping, path);
  const format = existing?.format ?? described?.format ?? formatOf(resource);
  const type = resource.mediaType?.essence ?? existing?.type ?? described?.type;
  const leaf: MoNode = { name: path.at(-1) ?? '', format, value: toValue(resource, format, path) };
  const node: MoNode = type === undefined ? leaf : { ...leaf, type };
  const instancePath = { mapping, root, path };
  const replacement: Write = { name: 'Replace', locUri, node, instancePath };
  if (existing !== undefined) return { ...replacement, before: existing };
  // A leaf that refuses the read may exist and be write-only.
  if (read.state === 'refused') return replacement;
  const [write] = finish(planWrites(instancePath, undefined, node));
  return write ?? { status: DM2_STATUS.internalError };
}

/**
 * The format of a new node: text is text, even when its bytes cannot be decoded. Text that XML cannot hold is bytes, which WBXML
 * carries as they are and XML as base64.
 */
function formatOf({ content, mediaType }: Resource): NodeFormat {
  const decoded = textOf(content, mediaType);
  if ('text' in decoded) return isXmlText(decoded.text) ? 'chr' : 'bin';
  return mediaType !== undefined && isTextType(mediaType) ? 'chr' : 'b64';
}

/** @throws MappingError ERR_MO_DATA_SHAPE for a value that the format does not allow */
function toValue(resource: Resource, format: NodeFormat, path: NodePath): string {
  const name = path.at(-1) ?? '';
  if (isBinaryFormat(format)) return Buffer.from(contentBytes(resource.content)).toString('base64');
  return finish(fromMoData(textOfResource(resource), name, () => undefined, { name, format })).value ?? '';
}
