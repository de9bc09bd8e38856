/** HGET of a single value to the leaf that the command's ClientURI names (DM-2.0 §5.3.1, Appendix I.2). */

import { contentBytes } from '../dm2/content.ts';
import type { Content } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { MappingError } from '../errors.ts';
import type { WriteRefusal } from '../mapping/ddf-check.ts';
import { describeNode } from '../mapping/mapping.ts';
import { isBinaryFormat, isInterior, type MoNode, type NodeFormat } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { storeRight } from '../rights/store-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { fromMoData } from '../translate/mo-data.ts';
import { isRightsMo, isSecret, secretValue } from '../translate/virtual-objects.ts';
import { type Addressed, type OrStatus, realNamesOf } from '../tree/address.ts';
import { failureOf, readView } from '../tree/instance-views.ts';
import { type DeviceTarget, deviceTargets, isVirtualTarget, type VirtualTarget } from '../tree/target.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import { checkNode, isChecked, refuseWrite } from '../tree/writing/definition-check.ts';
import { all, withLaterWrites } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { emit, type Workflow } from '../workflow/workflow.ts';
import { resolveForWrite } from './write-targets.ts';

export function* storeLeaf(
  context: TranslationContext,
  addressed: Addressed,
  mediaType: string | undefined,
  content: Content,
): Workflow<CommandResult> {
  if (isRightsMo(addressed.mapping)) return { status: yield* storeRight(context, addressed, content) };
  const refusal = findEarlyRefusal(addressed, content);
  if (refusal !== undefined) return yield* refuseWrite(refusal);
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind !== 'found') return { status: found.kind === 'status' ? found.status : DM2_STATUS.notFound };
  const [first] = found.targets;
  if (first !== undefined && isVirtualTarget(first)) return { status: yield* storeVirtualLeaf(first, content) };
  const targets = deviceTargets(found.targets) ?? [];
  const changes = targets.map(({ locUri }): TreeChange => ({ locUri, change: 'structure' }));
  const plans = yield* withLaterWrites(
    all(targets.map((target) => planLeaf(context, target, mediaType, content))),
    changes,
  );
  const failed = plans.find((plan) => 'status' in plan);
  if (failed !== undefined) return failed;
  const writes = plans.flatMap((plan) => ('status' in plan ? [] : [plan]));
  return { status: yield* writeTree(context, writes) };
}

/** Checks the value against the MO's definition, before anything is read. */
function findEarlyRefusal({ mapping, uri }: Addressed, content: Content): WriteRefusal | undefined {
  const path = realNamesOf(uri.path);
  if (!isChecked(mapping) || path === undefined) return undefined;
  const described = describeNode(mapping, path)?.format;
  const format = described === undefined || described === 'node' ? formatOf(content) : described;
  const node = { name: path.at(-1) ?? '', format, value: toValue(content, format, path) };
  return checkNode(mapping, path, node, 'unknown');
}

function* storeVirtualLeaf({ root, path }: VirtualTarget, content: Content): Workflow<number> {
  if (!isSecret(root, path)) return DM2_STATUS.forbidden;
  yield* emit({ type: 'accountValue', path: path.join('/'), value: secretValue(content) });
  return DM2_STATUS.ok;
}

function* planLeaf(
  context: TranslationContext,
  { mapping, root, path, locUri }: DeviceTarget,
  mediaType: string | undefined,
  content: Content,
): Workflow<OrStatus<Write>> {
  const read = yield* readView(mapping, root, path);
  const existing = read.state === 'present' ? read.node : undefined;
  if (read.state === 'failed') return { status: failureOf(context, read) ?? DM2_STATUS.internalError };
  if (existing !== undefined && isInterior(existing)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is an interior node and takes no value`, {
      place: { node: locUri },
    });
  }
  const described = describeNode(mapping, path);
  const format = existing?.format ?? described?.format ?? formatOf(content);
  const type = mediaType ?? existing?.type ?? described?.type;
  const leaf: MoNode = { name: path.at(-1) ?? '', format, value: toValue(content, format, path) };
  const node: MoNode = type === undefined ? leaf : { ...leaf, type };
  const instancePath = { mapping, root, path };
  const replacement: Write = { name: 'Replace', locUri, node, instancePath };
  if (existing !== undefined) return { ...replacement, before: existing };
  // A leaf that refuses the read may exist and be write-only.
  if (read.state === 'refused') return replacement;
  const [write] = planWrites(instancePath, undefined, node);
  return write ?? { status: DM2_STATUS.internalError };
}

function formatOf(content: Content): NodeFormat {
  return 'text' in content ? 'chr' : 'b64';
}

/** @throws MappingError ERR_MO_DATA_SHAPE for a value that the format does not allow */
function toValue(content: Content, format: NodeFormat, path: readonly string[]): string {
  const name = path.at(-1) ?? '';
  if (isBinaryFormat(format)) return Buffer.from(contentBytes(content)).toString('base64');
  if (!('text' in content)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `bytes that are no text for a node of format ${format}: ${name}`);
  }
  return fromMoData(content.text, name, () => undefined, { name, format }).value ?? '';
}
