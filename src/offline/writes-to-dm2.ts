/**
 * Add and Replace of a script → HGET of documents that hold what they carry (DM-2.0 §5.3.1).
 *
 * An interior node with the nodes that are added below it right after becomes one document of MO data, because HGET
 * of a part would leave an instance that its definition does not allow.
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { toPlainItem } from '../dm1/plain-item.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { type Content, MEDIA_TYPES, type MoDataMember, type WireCommand } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { describeNode } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { isBelow, nameOf, namesBelow, ROOT, readLocUriLeniently } from '../mo/loc-uri.ts';
import { type MoNode, parseNodeFormat } from '../mo/node.ts';
import type { Item, Meta } from '../syncml/message.ts';
import { toMoData } from '../translate/mo-data.ts';
import { parseTnds, type TndsDocument } from '../xml-data/tnds.ts';
import { toMoDataMembers } from './mo-documents.ts';
import { type ExpectedPlace, expectedPlaceOf } from './places.ts';
import { aclTarget, toRightsHget } from './rights-to-dm2.ts';
import type { PlaceResource, Warn } from './translation.ts';

/** One Item of an Add or Replace. */
export interface ScriptWrite {
  readonly name: 'Add' | 'Replace';
  readonly item: PlainItem;
}

/** The Items of one command, its Meta under theirs. */
export function toScriptWrites(
  name: 'Add' | 'Replace',
  items: readonly Item[],
  meta: Meta | undefined,
): readonly ScriptWrite[] {
  return items.map((item) => ({ name, item: toPlainItem(item, meta) }));
}

/** The HGETs of writes that follow each other. */
export function toHgets(
  writes: readonly ScriptWrite[],
  index: MoIndex,
  place: PlaceResource,
  warn: Warn,
): readonly WireCommand[] {
  const commands: WireCommand[] = [];
  for (let at = 0; at < writes.length; ) {
    const group = takeGroup(writes, at);
    at += group.length;
    commands.push(...toHget(group, index, place, warn));
  }
  return commands;
}

/** A write, and when it adds an interior node those after it that add below. */
function takeGroup(writes: readonly ScriptWrite[], start: number): readonly ScriptWrite[] {
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

function toHget(
  group: readonly ScriptWrite[],
  index: MoIndex,
  place: PlaceResource,
  warn: Warn,
): readonly WireCommand[] {
  const [first] = group;
  if (first === undefined) return [];
  const { item } = first;
  const target = item.target ?? '';
  if (aclTarget(target)?.isListing === false) return toRightsHget(item, index, place, warn);
  if (target.includes('?')) {
    warn('NO_COUNTERPART', 'DM 2.0 writes no properties but access rights', target);
    return [];
  }
  if (isTnds(item)) return tndsHget(first, index, place, warn);
  const found = expectedPlaceOf(index, target);
  if (found === undefined) {
    warn('NO_MAPPING', 'no mapping expects an MO here', target);
    return [];
  }
  if (formatOf(item) !== 'node') {
    const url = place(item.meta?.type ?? 'text/plain', contentOf(item));
    return [['HGET', url, found.clientUri]];
  }
  const node = growTree(group, found, warn);
  const describe = (path: readonly string[]) => describeNode(found.mapping, [...found.path, ...path]);
  return documentHget(found, { ClientURI: found.clientUri, MOData: { [node.name]: toMoData(node, describe) } }, place);
}

/** A new instance is asked for without ClientURI in the command; its address stands in the document (DM-2.0 §5.3.1). */
function documentHget(
  { path, clientUri }: Pick<ExpectedPlace, 'path' | 'clientUri'>,
  member: MoDataMember,
  place: PlaceResource,
): readonly WireCommand[] {
  const url = place(MEDIA_TYPES.moData, { text: formatMoData([member]) });
  return [path.length === 0 ? ['HGET', url] : ['HGET', url, clientUri]];
}

function tndsHget({ item }: ScriptWrite, index: MoIndex, place: PlaceResource, warn: Warn): readonly WireCommand[] {
  const document = documentOf(item, warn);
  if (document === undefined) return [];
  return toMoDataMembers(document, index, warn).flatMap((member) => {
    const url = place(MEDIA_TYPES.moData, { text: formatMoData([member]) });
    return [['HGET', url]];
  });
}

function documentOf({ data = '', target = '.' }: PlainItem, warn: Warn): TndsDocument | undefined {
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

/** The added nodes as a tree under the first one. */
function growTree(group: readonly ScriptWrite[], { mapping, path }: ExpectedPlace, warn: Warn): MoNode {
  const top = readLocUriLeniently(group[0]?.item.target ?? '') ?? ROOT;
  const tree = group.slice(1).reduce<MoNode>(
    (grown, { item }) => {
      const locUri = readLocUriLeniently(item.target ?? '');
      const names = (locUri === undefined ? undefined : namesBelow(locUri, top)) ?? [];
      const name = names.at(-1) ?? '';
      const format = formatOf(item);
      const described = describeNode(mapping, [...path, ...names]);
      if (described === undefined) warn('LOSS', 'the mapping does not describe this node', item.target ?? '');
      const node: MoNode =
        format === 'node' ? { name, format, children: [] } : { name, format, value: item.data ?? '' };
      return insert(grown, names, node);
    },
    { name: top === ROOT ? '' : nameOf(top), format: 'node', children: [] },
  );
  return tree;
}

function insert(tree: MoNode, names: readonly string[], node: MoNode): MoNode {
  const [name, ...rest] = names;
  if (name === undefined) return tree;
  const children = tree.children ?? [];
  const child = children.find((each) => each.name === name);
  const grown = rest.length === 0 ? node : insert(child ?? { name, format: 'node', children: [] }, rest, node);
  return {
    ...tree,
    children: child === undefined ? [...children, grown] : children.map((each) => (each === child ? grown : each)),
  };
}

/** An omitted Format means chr (MetaInfo §5). */
function formatOf({ meta }: PlainItem) {
  return parseNodeFormat(meta?.format ?? 'chr') ?? 'chr';
}

function isTnds({ meta }: PlainItem): boolean {
  return meta?.type?.trim().toLowerCase() === MEDIA_TYPES.tnds;
}

function contentOf(item: PlainItem): Content {
  const format = formatOf(item);
  const data = item.data ?? '';
  return format === 'b64' || format === 'bin' ? { base64: data.replaceAll(/\s/g, '') } : { text: data };
}
