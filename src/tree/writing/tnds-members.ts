/**
 * TNDS as the source of HGET: with a ClientURI the document is what stands there; without, the Type of its top nodes says
 * which MOs they are, and their names and Paths which instances (DM-2.0 §5.3.1; TNDS 1.2).
 *
 * Documents name nodes as devices do, so each is seen through the mapping like the device itself.
 */

import { formatClientUri } from '../../dm2/client-uri.ts';
import { contentBytes } from '../../dm2/content.ts';
import type { Content } from '../../dm2/package.ts';
import { DecodeError, MappingError } from '../../errors.ts';
import { describeNode, type MoMapping } from '../../mapping/mapping.ts';
import { isMoid } from '../../mapping/moid.ts';
import { below, locNames, locUriOfNames } from '../../mo/loc-uri.ts';
import { descend, isInterior, type MoNode } from '../../mo/node.ts';
import type { TranslationContext } from '../../translate/context.ts';
import { composeView, locUriOf } from '../../translate/uri.ts';
import type { MoInstance } from '../../workflow/device-tree.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { decodeTnds, type TndsDocument } from '../../xml-data/tnds.ts';
import { discover, instancesOf } from '../discovery.ts';
import type { Place } from '../write-plan.ts';
import type { Member } from './members.ts';
import { typedNode } from './typed-node.ts';

/** The document for the place that the command names. */
export function tndsMemberForPlace(content: Content): Member {
  return {
    clientUri: '',
    label: '',
    contentAt: (place, name, existing) => {
      const locUri = locUriOf(place.mapping, place.root, place.path);
      return contentOf(readDocument(content, locUri).root, locUri, place, name, existing);
    },
    refusalAt: () => undefined,
  };
}

/** One member for each MO in the document. */
export function* tndsMembers(context: TranslationContext, content: Content): Workflow<readonly Member[]> {
  const document = readDocument(content, '.');
  const typed = findObjects(context, document.root, document.locUri);
  const objects = typed.length > 0 ? typed : yield* findKnown(context, document);
  if (objects.length === 0) throw shapeError('no node tells by its Type which MO it is');
  const members: Member[] = [];
  for (const object of objects) members.push(yield* memberOf(context, object, document.named));
  return members;
}

interface FoundObject {
  readonly mapping: MoMapping;
  readonly locUri: string;
  readonly node: MoNode;
}

/** The outermost nodes whose Type is a MOID. */
function findObjects(context: TranslationContext, node: MoNode, locUri: string): readonly FoundObject[] {
  if (!isInterior(node)) return [];
  const { index } = context;
  const type = node.type ?? '';
  if (isMoid(type)) return [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), locUri, node }];
  return (node.children ?? []).flatMap((child) => findObjects(context, child, `${locUri}/${child.name}`));
}

/** Without types: what the document has at places where MOs are known to be. */
function* findKnown(context: TranslationContext, { locUri, root }: TndsDocument): Workflow<readonly FoundObject[]> {
  const { index } = context;
  const fixed = index.all().flatMap((mapping) => {
    return mapping.find === 'fixed' || mapping.find === 'place'
      ? mapping.roots.map((place) => ({ mapping, place }))
      : [];
  });
  const { roots } = yield* discover(context);
  const found = roots.map(({ locUri: place, type }) => {
    return { mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), place, isTyped: type !== '' };
  });
  return [...fixed, ...found.filter(({ isTyped }) => isTyped)].flatMap(({ mapping, place }) => {
    const rest = below(locNames(locUri) ?? [], locNames(place) ?? []);
    const node = rest === undefined ? undefined : descend(root, rest);
    return node === undefined || !isInterior(node) ? [] : [{ mapping, locUri: place, node }];
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
    instances.find(({ root }) => isSamePlace(root, locUri)) ??
    instances.find((instance) => instance.miid === node.name || nameOf(instance) === node.name);
  const { moid } = mapping;
  return {
    clientUri: formatClientUri({ moid, miid: meant?.miid ?? '', path: [] }),
    label: named ? node.name : mapping.name,
    contentAt: (place, name, existing) => contentOf(node, place.root, place, name, existing),
    refusalAt: () => undefined,
  };
}

/** The node as DM 2.0 sees it at that place. */
function contentOf(
  node: MoNode,
  locUri: string,
  { mapping, root, path }: Place,
  name: string,
  existing: MoNode | undefined,
): MoNode {
  const view = composeView(mapping, root, path, [{ part: { locUri }, node }]);
  if (view === undefined) throw shapeError(`nothing in the document is for ${locUri}`);
  return typedNode(view, name, (inner) => describeNode(mapping, [...path, ...inner]), existing);
}

/** @throws MappingError ERR_MO_DATA_SHAPE for what is no TNDS */
function readDocument(content: Content, target: string): TndsDocument {
  try {
    // The bytes tell: WBXML may well be legal UTF-8.
    return decodeTnds(contentBytes(content), target);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
}

function isSamePlace(one: string, other: string): boolean {
  return locUriOfNames(locNames(one) ?? []) === locUriOfNames(locNames(other) ?? []);
}

function nameOf({ root }: MoInstance): string {
  return root.slice(root.lastIndexOf('/') + 1);
}

function shapeError(reason: string): MappingError {
  return new MappingError('ERR_MO_DATA_SHAPE', `TNDS: ${reason}`);
}
