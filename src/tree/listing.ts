/**
 * The answer of a device to `?list=`, as a tree: one Item for each node (Struct, StructData), or one document (TNDS).
 *
 * A device that does not support the query may ignore it and answer as to a plain Get; that is no listing. ACLs and titles
 * in a document are left out, so that a tree is the same value for every way of reading it. `dm1/plain-item.ts` has made
 * text of a document in WBXML.
 *
 * @see OMA-TS-DM_TND 1.2.1, structure queries; OMA-TS-DM_TNDS 1.2
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { DecodeError, type DmErrorCode } from '../errors.ts';
import type { LongWork } from '../long-work.ts';
import type { DeviceProfile } from '../mapping/device-profile.ts';
import { type LocUri, nameOf } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import { parseTnds, type TndsDocument } from '../xml-data/tnds.ts';
import { nodeFromGet, structureFrom, treeFromStruct } from './results-tree.ts';

/** The attributes of `?list=` that read a sub-tree. */
export type ListAttribute = Exclude<NonNullable<DeviceProfile['list']>, 'none'>;

export type Listing =
  | {
      readonly kind: 'tree';
      readonly tree: MoNode;
      /** Nodes that the document implies but does not list; their properties are not known. */
      readonly implied?: readonly LocUri[];
      /** Of a listing without values: the interior nodes that have a value of their own. */
      readonly withValue?: ReadonlySet<LocUri>;
    }
  /** The device says that it has told only a part. */
  | { readonly kind: 'partial' }
  /** No listing: the device ignored the query, or sent no Item. */
  | { readonly kind: 'none' }
  /** A document that cannot be read. */
  | { readonly kind: 'malformed'; readonly code: DmErrorCode };

/** Reads the Results of `Get <locUri>?list=<attribute>`; Struct has no values. */
export function* readListing(
  locUri: LocUri,
  results: readonly PlainItem[],
  attribute: ListAttribute,
): LongWork<Listing> {
  const [first] = results;
  if (first === undefined) return NONE;
  if (attribute === 'TNDS') return withoutProperties(readDocument(locUri, first));
  const { node, childNames } = nodeFromGet(locUri, first);
  if (results.length === 1 && isInterior(node) && childNames?.length !== 0) return NONE;
  if (attribute === 'StructData') {
    const tree = yield* treeFromStruct(locUri, results, { withData: true });
    return tree === undefined ? NONE : { kind: 'tree', tree };
  }
  const structure = yield* structureFrom(locUri, results);
  if (structure === undefined) return NONE;
  const { tree, withValue } = structure;
  return withValue.size === 0 ? { kind: 'tree', tree } : { kind: 'tree', tree, withValue };
}

/**
 * Reads the Results of `Get <locUri>?list=TNDS+ACL`: the nodes with their own ACLs; `acl` is absent where the document has no
 * ACL element.
 */
export function readAclListing(locUri: LocUri, results: readonly PlainItem[]): Listing {
  const [first] = results;
  return first === undefined ? NONE : readDocument(locUri, first);
}

const NONE: Listing = { kind: 'none' };

function readDocument(locUri: LocUri, { data, meta }: PlainItem): Listing {
  const type = meta?.type?.trim().toLowerCase() ?? '';
  const text = data?.trim() ?? '';
  // The answer to a plain Get has neither such a Type nor such Data.
  if (!TNDS_TYPE.test(type) && !text.startsWith('<')) return NONE;
  try {
    const document = parseTnds(text, locUri);
    const tree = treeAt(locUri, document);
    const implied = impliedIn(locUri, document);
    return implied.length === 0 ? { kind: 'tree', tree } : { kind: 'tree', tree, implied };
  } catch (error) {
    if (error instanceof DecodeError) return { kind: 'malformed', code: error.code };
    throw error;
  }
}

const TNDS_TYPE = /^application\/vnd\.syncml\.dmtnds\+(xml|wbxml)$/u;

/** The node at `locUri`: the top of the document, or the parent of its top (TNDS §2). */
function treeAt(locUri: LocUri, { locUri: top, root }: TndsDocument): MoNode {
  return top === locUri ? root : { name: nameOf(locUri), format: 'node', children: [root] };
}

/** With a document whose top is a child, the node at `locUri` is implied, too. */
function impliedIn(locUri: LocUri, { locUri: top, implied = [] }: TndsDocument): readonly LocUri[] {
  return top === locUri ? implied : [locUri, ...implied];
}

function withoutProperties(listing: Listing): Listing {
  return listing.kind === 'tree' ? { kind: 'tree', tree: withoutAclAndTitle(listing.tree) } : listing;
}

function withoutAclAndTitle({ acl: _, title: __, ...node }: MoNode): MoNode {
  return node.children === undefined ? node : { ...node, children: node.children.map(withoutAclAndTitle) };
}
