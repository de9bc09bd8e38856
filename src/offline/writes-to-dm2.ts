/**
 * Add and Replace of a legacy server → HGET of documents with their data (DM-2.0 §5.3.1).
 *
 * The Add of an interior node and the Adds below it that follow become one document of MO data, because an HGET of a part could
 * leave an instance that the MO's definition does not allow.
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { toPlainItem } from '../dm1/plain-item.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { type Content, MEDIA_TYPES, type WireCommand } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { finish } from '../long-work.ts';
import { describeNode } from '../mapping/mapping.ts';
import { isBase64, withoutWhiteSpace } from '../mo/base64.ts';
import { isBelow, nameOf, namesBelow, ROOT, readLocUriLeniently } from '../mo/loc-uri.ts';
import { isBinaryFormat, type MoNode, type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { Item, Meta } from '../syncml/message.ts';
import { descriptionsAt, toMoData } from '../translate/mo-data.ts';
import { parseTnds, type TndsDocument } from '../xml-data/tnds.ts';
import { type ExpectedNode, expectedNodeOf } from './expected-nodes.ts';
import { toMoDataMembers } from './mo-documents.ts';
import { aclTarget, toRightsHget } from './rights-to-dm2.ts';
import type { Dm2Translator, Warn } from './translation.ts';

/** One Item of an Add or Replace. */
export interface NodeWrite {
  readonly name: 'Add' | 'Replace';
  readonly item: PlainItem;
}

/** The Items of one command; its Meta applies to the Items without one. */
export function toNodeWrites(
  name: 'Add' | 'Replace',
  items: readonly Item[],
  meta: Meta | undefined,
): readonly NodeWrite[] {
  return items.map((item) => ({ name, item: toPlainItem(item, meta) }));
}

/** The HGETs of consecutive writes. */
export function toHgets(writes: readonly NodeWrite[], translator: Dm2Translator): readonly WireCommand[] {
  const commands: WireCommand[] = [];
  for (let at = 0; at < writes.length; ) {
    const group = groupFrom(writes, at);
    at += group.length;
    commands.push(...toHget(group, translator));
  }
  return commands;
}

/** The write at `start`, and when it adds an interior node, the Adds below it that follow. */
function groupFrom(writes: readonly NodeWrite[], start: number): readonly NodeWrite[] {
  const first = writes[start];
  if (first === undefined) return [];
  const top = readLocUriLeniently(first.item.target ?? '');
  if (first.name !== 'Add' || formatOf(first.item) !== 'node' || top === undefined) return [first];
  const end = writes.findIndex((write, at) => {
    const locUri = readLocUriLeniently(write.item.target ?? '');
    const isInTop = locUri !== undefined && isBelow(locUri, top);
    return at > start && (write.name !== 'Add' || isTnds(write.item) || !isInTop);
  });
  return writes.slice(start, end < 0 ? writes.length : end);
}

function toHget(group: readonly NodeWrite[], translator: Dm2Translator): readonly WireCommand[] {
  const { index, warn, addResource } = translator;
  const [first] = group;
  if (first === undefined) return [];
  const { item } = first;
  const target = item.target ?? '';
  if (aclTarget(target)?.isListing === false) return toRightsHget(item, translator);
  if (target.includes('?')) {
    warn('NO_COUNTERPART', 'DM 2.0 writes no properties but access rights', target);
    return [];
  }
  if (isTnds(item)) return toTndsHget(item, translator);
  const node = expectedNodeOf(index, target);
  if (node === undefined) {
    warn('NO_MAPPING', 'no mapping expects an MO here', target);
    return [];
  }
  const { mapping, path, clientUri } = node;
  if (formatOf(item) !== 'node') {
    return [['HGET', addResource(item.meta?.type ?? 'text/plain', contentOf(item)), clientUri]];
  }
  const tree = treeOf(group, node, warn);
  const data = finish(toMoData(tree, descriptionsAt(mapping, path)));
  const member = { ClientURI: clientUri, MOData: { [tree.name]: data } };
  const url = addResource(MEDIA_TYPES.moData, { text: formatMoData([member]) });
  // The HGET of a new instance has no ClientURI; the document has it (DM-2.0 §5.3.1).
  return [path.length === 0 ? ['HGET', url] : ['HGET', url, clientUri]];
}

function toTndsHget(item: PlainItem, translator: Dm2Translator): readonly WireCommand[] {
  const document = readDocument(item, translator.warn);
  if (document === undefined) return [];
  return toMoDataMembers(document, translator).map((member) => {
    return ['HGET', translator.addResource(MEDIA_TYPES.moData, { text: formatMoData([member]) })];
  });
}

function readDocument({ data = '', target = '.' }: PlainItem, warn: Warn): TndsDocument | undefined {
  const locUri = readLocUriLeniently(target);
  if (locUri === undefined) {
    warn('INVALID', `not the address of a node: "${target}"`, target);
    return undefined;
  }
  try {
    return parseTnds(data, locUri);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    warn('INVALID', error.message, target);
    return undefined;
  }
}

/** The added nodes as a tree, with the first one as its root. */
function treeOf(group: readonly NodeWrite[], { mapping, path }: ExpectedNode, warn: Warn): MoNode {
  const top = readLocUriLeniently(group[0]?.item.target ?? '') ?? ROOT;
  let tree: MoNode = { name: top === ROOT ? '' : nameOf(top), format: 'node', children: [] };
  for (const { item } of group.slice(1)) {
    const locUri = readLocUriLeniently(item.target ?? '');
    const names = (locUri === undefined ? undefined : namesBelow(locUri, top)) ?? [];
    const described = describeNode(mapping, [...path, ...names]);
    if (described === undefined) warn('LOSS', 'the mapping does not describe this node', item.target ?? '');
    const name = names.at(-1) ?? '';
    const format = formatOf(item);
    tree = withNode(
      tree,
      names,
      format === 'node' ? { name, format, children: [] } : { name, format, value: item.data ?? '' },
    );
  }
  return tree;
}

function withNode(tree: MoNode, names: NodePath, node: MoNode): MoNode {
  const [name, ...rest] = names;
  if (name === undefined) return tree;
  const children = tree.children ?? [];
  const child = children.find((each) => each.name === name);
  const changed = rest.length === 0 ? node : withNode(child ?? { name, format: 'node', children: [] }, rest, node);
  if (child === undefined) return { ...tree, children: [...children, changed] };
  return { ...tree, children: children.map((each) => (each === child ? changed : each)) };
}

/** An omitted Format means chr (MetaInfo §5). */
function formatOf({ meta }: PlainItem): NodeFormat {
  return parseNodeFormat(meta?.format ?? 'chr') ?? 'chr';
}

function isTnds({ meta }: PlainItem): boolean {
  return meta?.type?.trim().toLowerCase() === MEDIA_TYPES.tnds;
}

function contentOf(item: PlainItem): Content {
  const data = item.data ?? '';
  return isBinaryFormat(formatOf(item)) && isBase64(data) ? { base64: withoutWhiteSpace(data) } : { text: data };
}
