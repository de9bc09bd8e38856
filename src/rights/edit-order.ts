/**
 * The order in which edits of ACLs are sent. Nodes further down come first, while the rights above them are still in force; a node
 * whose ACL this server may change only after an edit above it comes later (DM-TND §7.7.1.3).
 */
import { type Acl, grants } from '../dm1/acl.ts';
import { type LocUri, parentOf } from '../mo/loc-uri.ts';
import type { Authority } from '../translate/access-rights.ts';
import type { InstanceNodeAcls } from './instance-acls.ts';

/** An ACL that changes. Without entries the node inherits. */
export interface AclEdit {
  readonly locUri: LocUri;
  readonly before: Acl;
  readonly after: Acl;
}

/** The edits in that order; `edits` are from the top down. */
export function inOrderOfRights(
  nodes: readonly InstanceNodeAcls[],
  edits: readonly AclEdit[],
  server: Authority,
): readonly AclEdit[] {
  const byLocUri = new Map(nodes.map((node) => [node.locUri, node]));
  const own = new Map<LocUri, Acl>();
  const ordered: AclEdit[] = [];
  let left = edits.toReversed();
  while (left.length > 0) {
    const later: AclEdit[] = [];
    for (const edit of left) {
      if (!mayEdit({ nodes: byLocUri, own }, edit.locUri, server)) {
        later.push(edit);
        continue;
      }
      own.set(edit.locUri, edit.after);
      ordered.push(edit);
    }
    // The device decides on what no order makes allowed.
    if (later.length === left.length) return [...ordered, ...later];
    left = later;
  }
  return ordered;
}

/** The ACLs of the instance after some edits. */
interface Edited {
  readonly nodes: ReadonlyMap<LocUri, InstanceNodeAcls>;
  readonly own: ReadonlyMap<LocUri, Acl>;
}

/** An ACL is changed with Replace on the parent or, of an interior node, on the node itself. */
function mayEdit(edited: Edited, locUri: LocUri, server: Authority): boolean {
  const node = edited.nodes.get(locUri);
  const parent = parentOf(locUri);
  const parentAcl = parent === undefined ? undefined : (inForce(edited, parent) ?? node?.parentAcl);
  if (parentAcl !== undefined && grants(parentAcl, 'Replace', server)) return true;
  const acl = node?.kind === 'interior' ? inForce(edited, locUri) : undefined;
  return acl !== undefined && grants(acl, 'Replace', server);
}

/** The ACL in force on a node of the instance; undefined outside of it. */
function inForce(edited: Edited, locUri: LocUri): Acl | undefined {
  const node = edited.nodes.get(locUri);
  if (node === undefined) return undefined;
  const own = edited.own.get(locUri) ?? node.own;
  if (own !== undefined && own.size > 0) return own;
  const parent = parentOf(locUri);
  const inherited = parent === undefined ? undefined : inForce(edited, parent);
  return inherited ?? node.parentAcl ?? node.acl;
}
