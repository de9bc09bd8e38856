/**
 * TNDS documents for HGET. With a ClientURI, the document is the content of that node; without one, the Types of its nodes say
 * which MOs they are, and their names and Paths say which instances (DM-2.0 §5.3.1; TNDS 1.2).
 *
 * Documents have the node names of the device, so they are seen through the mapping like the device's tree.
 */

import { formatClientUri } from '../../dm2/client-uri.ts';
import type { Content } from '../../dm2/package.ts';
import { DecodeError, MappingError } from '../../errors.ts';
import { NodeCount } from '../../long-work.ts';
import type { MoMapping } from '../../mapping/mapping.ts';
import { childOf, descendantOf, type LocUri, nameOf, namesBelow, ROOT } from '../../mo/loc-uri.ts';
import { isMoid } from '../../mo/moid.ts';
import { descend, isInterior, type MoNode } from '../../mo/node.ts';
import { composeView } from '../../translate/compose-view.ts';
import type { TranslationContext } from '../../translate/context.ts';
import { descriptionsAt } from '../../translate/mo-data.ts';
import { locUriOf } from '../../translate/node-address.ts';
import { isVirtualRoot } from '../../translate/virtual-objects.ts';
import type { MoInstance } from '../../workflow/device-tree.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { readTnds, type TndsDocument } from '../../xml-data/tnds.ts';
import { hasOwnValue, hasXmlNames } from '../../xml-data/xml-tree.ts';
import { discover, instancesOf } from '../discovery.ts';
import type { ContentPart } from './content-part.ts';
import { decodeTndsContent } from './tnds-content.ts';
import { typedNode } from './typed-node.ts';

/** The document as the content of the node that the command names. */
export function tndsPart(content: Content): ContentPart {
  return {
    clientUri: '',
    label: '',
    *contentFor({ mapping, root, path }, name, existing) {
      const destination = { name, describe: descriptionsAt(mapping, path), existing, count: new NodeCount() };
      if (isVirtualRoot(root)) {
        const document = readDocument(content, descendantOf(ROOT, [root, ...path]));
        return yield* typedNode(document.root, destination);
      }
      const locUri = locUriOf(mapping, root, path);
      const { root: node } = readDocument(content, locUri);
      const view = yield* composeView(mapping, root, path, [{ part: { locUri }, node }]);
      return yield* typedNode(view ?? noContent(locUri), destination);
    },
  };
}

/** One part for each MO in the document. */
export function* tndsParts(context: TranslationContext, content: Content): Workflow<readonly ContentPart[]> {
  const document = readDocument(content, ROOT);
  const typed = findTypedInstances(context, document.root, document.locUri);
  const found = typed.length > 0 ? typed : yield* findKnownInstances(context, document);
  if (found.length === 0) throw shapeError('no node tells by its Type which MO it is');
  const parts: ContentPart[] = [];
  for (const instance of found) parts.push(yield* partOf(context, instance, document.named));
  return parts;
}

/** An MO instance in a document. */
interface DocumentInstance {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
  readonly node: MoNode;
}

/** The instances whose Type is a MOID, without those inside another one. */
function findTypedInstances(context: TranslationContext, node: MoNode, locUri: LocUri): readonly DocumentInstance[] {
  if (!isInterior(node)) return [];
  const { index } = context;
  const type = node.type ?? '';
  if (isMoid(type)) return [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), locUri, node }];
  return (node.children ?? []).flatMap((child) => findTypedInstances(context, child, childOf(locUri, child.name)));
}

/** In a document without Types: the instances at LocURIs where the device has MOs. */
function* findKnownInstances(
  context: TranslationContext,
  { locUri, root }: TndsDocument,
): Workflow<readonly DocumentInstance[]> {
  const { index } = context;
  const byPlace = index.all().flatMap((mapping) => {
    const isFoundByPlace = mapping.find === 'fixed' || mapping.find === 'place';
    return isFoundByPlace ? mapping.places.map((place) => ({ mapping, root: place.locUri })) : [];
  });
  const { roots } = yield* discover(context);
  const byType = roots.flatMap(({ locUri: top, type }) => {
    return type === '' ? [] : [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), root: top }];
  });
  return [...byPlace, ...byType].flatMap(({ mapping, root: top }) => {
    const path = namesBelow(top, locUri);
    const node = path === undefined ? undefined : descend(root, path);
    return node === undefined || !isInterior(node) ? [] : [{ mapping, locUri: top, node }];
  });
}

/** The part belongs to the device's instance at its LocURI, else to that of its name, else to a new one. */
function* partOf(
  context: TranslationContext,
  { mapping, locUri, node }: DocumentInstance,
  named: boolean,
): Workflow<ContentPart> {
  const instances = named ? yield* instancesOf(context, mapping) : [];
  const instance =
    instances.find(({ root }) => root === locUri) ??
    instances.find((each) => each.miid === node.name || isCalled(each, node.name));
  const { moid } = mapping;
  return {
    clientUri: formatClientUri({ moid, miid: instance?.miid ?? '', path: [] }),
    label: named ? node.name : mapping.name,
    *contentFor({ mapping: own, root, path }, name, existing) {
      const destination = { name, describe: descriptionsAt(own, path), existing, count: new NodeCount() };
      if (isVirtualRoot(root)) return yield* typedNode(node, destination);
      const view = yield* composeView(own, root, path, [{ part: { locUri: root }, node }]);
      return yield* typedNode(view ?? noContent(root), destination);
    },
  };
}

/** @throws MappingError ERR_MO_DATA_SHAPE when the content is not TNDS */
function readDocument(content: Content, target: LocUri): TndsDocument {
  try {
    const document = readTnds(decodeTndsContent(content), target);
    if (hasOwnValue(document.root)) throw shapeError('a value of a node that has children, or Format null');
    if (hasXmlNames(document.root)) return document;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
  throw shapeError('a name that XML cannot hold');
}

function isCalled({ root }: MoInstance, name: string): boolean {
  return !isVirtualRoot(root) && nameOf(root) === name;
}

function noContent(locUri: LocUri): never {
  throw shapeError(`nothing in the document is for ${locUri}`);
}

function shapeError(reason: string): MappingError {
  return new MappingError('ERR_MO_DATA_SHAPE', `TNDS: ${reason}`);
}
