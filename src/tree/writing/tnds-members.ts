/**
 * TNDS as the source of HGET: with a ClientURI the document is what stands there; without, the Type of its top nodes says
 * which MOs they are, and their names and Paths which instances (DM-2.0 §5.3.1; TNDS 1.2).
 *
 * Documents name nodes as devices do, so each is seen through the mapping like the device itself.
 */

import { formatClientUri } from '../../dm2/client-uri.ts';
import type { Content } from '../../dm2/package.ts';
import { DecodeError, MappingError } from '../../errors.ts';
import { describeNode, type MoMapping } from '../../mapping/mapping.ts';
import { childOf, descendantOf, type LocUri, nameOf, namesBelow, ROOT } from '../../mo/loc-uri.ts';
import { isMoid } from '../../mo/moid.ts';
import { descend, isInterior, type MoNode } from '../../mo/node.ts';
import type { TranslationContext } from '../../translate/context.ts';
import { locUriOf } from '../../translate/node-address.ts';
import { composeView } from '../../translate/uri.ts';
import { isVirtualRoot } from '../../translate/virtual-objects.ts';
import type { MoInstance } from '../../workflow/device-tree.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { readTnds, type TndsDocument } from '../../xml-data/tnds.ts';
import { discover, instancesOf } from '../discovery.ts';
import type { InstancePath } from '../target.ts';
import type { Member } from './members.ts';
import { decodeTndsContent } from './tnds-content.ts';
import { typedNode } from './typed-node.ts';

/** The document for the node that the command names. */
export function tndsMemberForPlace(content: Content): Member {
  return {
    clientUri: '',
    label: '',
    contentAt: (place, name, existing) => {
      const { root, path } = place;
      if (isVirtualRoot(root)) {
        const { root: node } = readDocument(content, descendantOf(ROOT, [root, ...path]));
        return typedContent(node, place, name, existing);
      }
      const locUri = locUriOf(place.mapping, root, path);
      return contentOf(readDocument(content, locUri).root, locUri, { ...place, root }, name, existing);
    },
    refusalAt: () => undefined,
  };
}

/** One member for each MO in the document. */
export function* tndsMembers(context: TranslationContext, content: Content): Workflow<readonly Member[]> {
  const document = readDocument(content, ROOT);
  const typed = findObjects(context, document.root, document.locUri);
  const objects = typed.length > 0 ? typed : yield* findKnown(context, document);
  if (objects.length === 0) throw shapeError('no node tells by its Type which MO it is');
  const members: Member[] = [];
  for (const object of objects) members.push(yield* memberOf(context, object, document.named));
  return members;
}

interface FoundObject {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
  readonly node: MoNode;
}

/** The outermost nodes whose Type is a MOID. */
function findObjects(context: TranslationContext, node: MoNode, locUri: LocUri): readonly FoundObject[] {
  if (!isInterior(node)) return [];
  const { index } = context;
  const type = node.type ?? '';
  if (isMoid(type)) return [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), locUri, node }];
  return (node.children ?? []).flatMap((child) => findObjects(context, child, childOf(locUri, child.name)));
}

/** Without types: what the document has at places where MOs are known to be. */
function* findKnown(context: TranslationContext, { locUri, root }: TndsDocument): Workflow<readonly FoundObject[]> {
  const { index } = context;
  const atPlaces = index.all().flatMap((mapping) => {
    const isFoundByPlace = mapping.find === 'fixed' || mapping.find === 'place';
    return isFoundByPlace ? mapping.places.map((place) => ({ mapping, root: place.locUri })) : [];
  });
  const { roots } = yield* discover(context);
  const byType = roots.flatMap(({ locUri: top, type }) => {
    return type === '' ? [] : [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), root: top }];
  });
  return [...atPlaces, ...byType].flatMap(({ mapping, root: top }) => {
    const path = namesBelow(top, locUri);
    const node = path === undefined ? undefined : descend(root, path);
    return node === undefined || !isInterior(node) ? [] : [{ mapping, locUri: top, node }];
  });
}

/** It names the instance at its place, else the one of its name, else a new one. */
function* memberOf(
  context: TranslationContext,
  { mapping, locUri, node }: FoundObject,
  named: boolean,
): Workflow<Member> {
  const instances = named ? yield* instancesOf(context, mapping) : [];
  const meant =
    instances.find(({ root }) => root === locUri) ??
    instances.find((instance) => instance.miid === node.name || isCalled(instance, node.name));
  const { moid } = mapping;
  return {
    clientUri: formatClientUri({ moid, miid: meant?.miid ?? '', path: [] }),
    label: named ? node.name : mapping.name,
    contentAt: ({ mapping: own, root, path }, name, existing) => {
      if (isVirtualRoot(root)) return typedContent(node, { mapping: own, root, path }, name, existing);
      return contentOf(node, root, { mapping: own, root, path }, name, existing);
    },
    refusalAt: () => undefined,
  };
}

/** The node at `locUri` of the document as DM 2.0 sees it. */
function contentOf(
  node: MoNode,
  locUri: LocUri,
  place: InstancePath<LocUri>,
  name: string,
  existing: MoNode | undefined,
): MoNode {
  const view = composeView(place.mapping, place.root, place.path, [{ part: { locUri }, node }]);
  if (view === undefined) throw shapeError(`nothing in the document is for ${locUri}`);
  return typedContent(view, place, name, existing);
}

function typedContent(
  node: MoNode,
  { mapping, path }: InstancePath,
  name: string,
  existing: MoNode | undefined,
): MoNode {
  return typedNode(node, name, (inner) => describeNode(mapping, [...path, ...inner]), existing);
}

/** @throws MappingError ERR_MO_DATA_SHAPE for what is no TNDS */
function readDocument(content: Content, target: LocUri): TndsDocument {
  try {
    return readTnds(decodeTndsContent(content), target);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
}

function isCalled({ root }: MoInstance, name: string): boolean {
  return !isVirtualRoot(root) && nameOf(root) === name;
}

function shapeError(reason: string): MappingError {
  return new MappingError('ERR_MO_DATA_SHAPE', `TNDS: ${reason}`);
}
