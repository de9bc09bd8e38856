/**
 * LocURI ↔ ClientURI without a device: every MO is where its mapping usually expects it.
 */
import { type ClientUri, type ClientUriText, formatClientUri } from '../dm2/client-uri.ts';
import { describeNode, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { MoPlace } from '../mapping/mo-place.ts';
import { childOf, type LocUri, nameOf, readLocUriLeniently } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import { withExpectedInstances } from '../translate/expected-place.ts';
import { locUriOf } from '../translate/node-address.ts';
import { clientUriOf } from '../translate/uri.ts';
import { namesOf } from '../tree/address.ts';

/** A node that a mapping accounts for. */
export interface ExpectedPlace {
  readonly mapping: MoMapping;
  readonly miid: Miid;
  readonly path: readonly string[];
  readonly clientUri: ClientUriText;
  readonly description: NodeDescription | undefined;
}

/** The MO node that a LocURI means; undefined where no mapping expects one, and for text that is no LocURI. */
export function expectedPlaceOf(index: MoIndex, text: string): ExpectedPlace | undefined {
  const locUri = readLocUriLeniently(text);
  if (locUri === undefined) return undefined;
  const node = clientUriOf(index, withExpectedInstances(index, {}, [locUri]), locUri);
  const mapping = node === undefined ? undefined : index.byMoid(node.moid);
  if (node === undefined || mapping === undefined) return undefined;
  const { miid, path } = node;
  return { mapping, miid, path, clientUri: formatClientUri(node), description: describeNode(mapping, path) };
}

/** Where the nodes of a ClientURI lie, as far as its names tell; `isWhole`: no x-name or wildcard had to be passed over. */
export interface ExpectedTarget {
  readonly mapping: MoMapping;
  readonly root: LocUri;
  readonly path: readonly string[];
  readonly locUri: LocUri;
  readonly isWhole: boolean;
}

/** The node where the mapping expects the MO; undefined when no mapping has that MOID or it has no usual place. */
export function expectedTargetOf(index: MoIndex, uri: ClientUri): ExpectedTarget | undefined {
  const mapping = index.byMoid(uri.moid);
  const place = mapping === undefined ? undefined : choosePlace(mapping, uri);
  if (mapping === undefined || place === undefined) return undefined;
  const { instance } = uri;
  const isParent = place.kind === 'parent';
  const root = isParent && instance.kind === 'miid' ? childOf(place.locUri, instance.miid) : place.locUri;
  const isNamed = instance.kind === 'miid' || (instance.kind === 'only' && !isParent);
  if (!isNamed && isParent) return { mapping, root, path: [], locUri: root, isWhole: false };
  const firstPattern = uri.path.findIndex(({ kind }) => kind !== 'name');
  const path = namesOf(firstPattern < 0 ? uri.path : uri.path.slice(0, firstPattern)) ?? [];
  const isWhole = isNamed && firstPattern < 0;
  return { mapping, root, path, locUri: locUriOf(mapping, root, path), isWhole };
}

/** A root that is called like the MIID, else a place that takes any name, else the first. */
function choosePlace({ places }: MoMapping, { instance }: ClientUri): MoPlace | undefined {
  if (instance.kind !== 'miid') return places[0];
  return (
    places.find(({ kind, locUri }) => kind === 'root' && nameOf(locUri) === instance.miid) ??
    places.find(({ kind }) => kind === 'parent') ??
    places[0]
  );
}
