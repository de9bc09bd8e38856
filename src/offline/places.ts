/**
 * LocURI ↔ ClientURI without a device: every MO is where its mapping usually expects it.
 */
import { type ClientUri, formatClientUri } from '../dm2/client-uri.ts';
import { describeNode, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { withExpectedInstances } from '../translate/expected-place.ts';
import { clientUriOf, locUriOf } from '../translate/uri.ts';
import { namesOf } from '../tree/address.ts';

/** A node that a mapping accounts for. */
export interface ExpectedPlace {
  readonly mapping: MoMapping;
  readonly miid: string;
  readonly path: readonly string[];
  readonly clientUri: string;
  readonly description: NodeDescription | undefined;
}

/** Which MO a LocURI lies in; undefined where no mapping expects one. */
export function expectedPlaceOf(index: MoIndex, locUri: string): ExpectedPlace | undefined {
  const node = clientUriOf(index, withExpectedInstances(index, {}, [locUri]), locUri);
  const mapping = node === undefined ? undefined : index.byMoid(node.moid);
  if (node === undefined || mapping === undefined) return undefined;
  const { miid, path } = node;
  return { mapping, miid, path, clientUri: formatClientUri(node), description: describeNode(mapping, path) };
}

/** Where the nodes of a ClientURI lie, as far as its names tell; `isWhole`: no x-name or wildcard had to be passed over. */
export interface ExpectedTarget {
  readonly mapping: MoMapping;
  readonly root: string;
  readonly path: readonly string[];
  readonly locUri: string;
  readonly isWhole: boolean;
}

/** The place where the mapping expects the MO; undefined when no mapping has that MOID or it has no usual place. */
export function expectedTargetOf(index: MoIndex, uri: ClientUri): ExpectedTarget | undefined {
  const mapping = index.byMoid(uri.moid);
  const pattern = mapping === undefined ? undefined : chooseRoot(mapping, uri);
  if (mapping === undefined || pattern === undefined) return undefined;
  const { instance } = uri;
  const isNamed = instance.kind === 'miid' || (instance.kind === 'only' && !pattern.endsWith('/*'));
  const parent = pattern.replace(/\/\*$/, '');
  const hasOwnName = pattern.endsWith('/*') && instance.kind === 'miid';
  const root = hasOwnName ? `${parent}/${instance.miid}` : parent;
  if (!isNamed && pattern.endsWith('/*')) return { mapping, root, path: [], locUri: root, isWhole: false };
  const firstPattern = uri.path.findIndex(({ kind }) => kind !== 'name');
  const path = namesOf(firstPattern < 0 ? uri.path : uri.path.slice(0, firstPattern)) ?? [];
  const isWhole = isNamed && firstPattern < 0;
  return { mapping, root, path, locUri: locUriOf(mapping, root, path), isWhole };
}

/** A fixed place that is called like the MIID, else one that takes any name, else the first. */
function chooseRoot({ roots }: MoMapping, { instance }: ClientUri): string | undefined {
  const miid = instance.kind === 'miid' ? instance.miid : undefined;
  const named = roots.find((root) => miid !== undefined && root.slice(root.lastIndexOf('/') + 1) === miid);
  return named ?? (miid === undefined ? undefined : roots.find((root) => root.endsWith('/*'))) ?? roots[0];
}
