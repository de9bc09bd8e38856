/** LocURI ↔ ClientURI without a device: every MO is where its mapping expects it. */
import { type ClientUri, type ClientUriText, formatClientUri } from '../dm2/client-uri.ts';
import { describeNode, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { MoPlace } from '../mapping/mo-place.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { childOf, type LocUri, nameOf, readLocUriLeniently } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { NodePath } from '../mo/node-path.ts';
import { withExpectedInstances } from '../translate/expected-place.ts';
import { locUriOf } from '../translate/node-address.ts';
import { clientUriOf } from '../translate/uri.ts';
import { leadingNames } from '../tree/address.ts';
import type { InstancePath } from '../tree/target.ts';

/** The MO node at a LocURI. */
export interface ExpectedNode {
  readonly mapping: MoMapping;
  readonly miid: Miid;
  readonly path: NodePath;
  readonly clientUri: ClientUriText;
  readonly description: NodeDescription | undefined;
}

/** The MO node at a LocURI; undefined when no mapping expects an MO there, and when the text is not a LocURI. */
export function expectedNodeOf(index: MoIndex, text: string): ExpectedNode | undefined {
  const locUri = readLocUriLeniently(text);
  if (locUri === undefined) return undefined;
  const miids = withExpectedInstances(index, {}, [locUri]);
  const node = clientUriOf(index, miids, locUri);
  const known = node === undefined ? undefined : index.byMoid(node.moid);
  if (node === undefined || known === undefined) return undefined;
  const { moid, miid, path } = node;
  const root = miids[moid]?.[miid];
  const mapping = root === undefined ? known : mappingAt(known, root);
  return { mapping, miid, path, clientUri: formatClientUri(node), description: describeNode(mapping, path) };
}

/** The node on a device for a ClientURI. */
export interface ExpectedTarget extends InstancePath<LocUri> {
  readonly locUri: LocUri;
  /** False when the ClientURI has an x-name or a wildcard; the node is then the one above it. */
  readonly isExact: boolean;
}

/** The node where the mapping expects the MO; undefined when no mapping has that MOID, or the mapping has no place. */
export function expectedTargetOf(index: MoIndex, uri: ClientUri): ExpectedTarget | undefined {
  const known = index.byMoid(uri.moid);
  const place = known === undefined ? undefined : choosePlace(known, uri);
  if (known === undefined || place === undefined) return undefined;
  const { instance } = uri;
  const isParent = place.kind === 'parent';
  const root = isParent && instance.kind === 'miid' ? childOf(place.locUri, instance.miid) : place.locUri;
  const mapping = mappingAt(known, root);
  const isNamed = instance.kind === 'miid' || (instance.kind === 'only' && !isParent);
  if (!isNamed && isParent) return { mapping, root, path: [], locUri: root, isExact: false };
  const path = leadingNames(uri.path);
  const isExact = isNamed && path.length === uri.path.length;
  return { mapping, root, path, locUri: locUriOf(mapping, root, path), isExact };
}

/** For a MIID: the root of that name, else a parent of instances, else the first place. */
function choosePlace({ places }: MoMapping, { instance }: ClientUri): MoPlace | undefined {
  if (instance.kind !== 'miid') return places[0];
  return (
    places.find(({ kind, locUri }) => kind === 'root' && nameOf(locUri) === instance.miid) ??
    places.find(({ kind }) => kind === 'parent') ??
    places[0]
  );
}
