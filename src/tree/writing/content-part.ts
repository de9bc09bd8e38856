/**
 * The parts of a document for HGET, each with the content of one node, in whichever format the document has.
 *
 * The content is made for each target, because its formats depend on what the node is now, and a device may have relocated or
 * renamed nodes (DM-2.0 §5.3.1, §7.2.1.4).
 */
import type { MoDataMember } from '../../dm2/package.ts';
import { MappingError } from '../../errors.ts';
import type { LongWork } from '../../long-work.ts';
import type { WriteRefusal } from '../../mapping/ddf-check.ts';
import type { MoMapping } from '../../mapping/mapping.ts';
import type { MoNode } from '../../mo/node.ts';
import type { NodePath } from '../../mo/node-path.ts';
import { isXmlText } from '../../syncml/xml-text.ts';
import { descriptionsAt, fromMoData, isObject } from '../../translate/mo-data.ts';
import type { InstancePath } from '../target.ts';
import { checkContent, isChecked } from './definition-check.ts';

export interface ContentPart {
  /** The ClientURI of the node in the document; empty when the ClientURI of the command counts. */
  readonly clientUri: string;
  /** The suggested name of a new instance. */
  readonly label: string;
  /** The new content of the target as a node with this name; `existing` is its present content. */
  contentFor(target: InstancePath, name: string, existing: MoNode | undefined): LongWork<MoNode>;
  /** Checks the content against the MO's definition, before anything is read; absent when it is checked only as a write. */
  findRefusal?(mapping: MoMapping, path: NodePath): LongWork<WriteRefusal | undefined>;
}

export function* refusalOf(part: ContentPart, mapping: MoMapping, path: NodePath): LongWork<WriteRefusal | undefined> {
  return part.findRefusal === undefined ? undefined : yield* part.findRefusal(mapping, path);
}

/**
 * One member of `application/dmmo+json`.
 * @throws MappingError ERR_MO_DATA_SHAPE when MOData has not exactly one root
 */
export function moDataPart({ ClientURI: clientUri, MOData }: MoDataMember): ContentPart {
  const [entry, ...others] = Object.entries(MOData);
  if (entry === undefined || others.length > 0) {
    throw new MappingError('ERR_MO_DATA_SHAPE', 'MOData has not exactly one root label');
  }
  const [label, data] = entry;
  if (!isXmlText(label)) throw new MappingError('ERR_MO_DATA_SHAPE', 'a name that XML cannot hold');
  return {
    clientUri,
    label,
    contentFor: ({ mapping, path }, name, existing) => fromMoData(data, name, descriptionsAt(mapping, path), existing),
    *findRefusal(mapping, path) {
      if (!isChecked(mapping)) return undefined;
      const values = withoutNulls(data);
      if (values === undefined) return undefined;
      const content = yield* fromMoData(values, path.at(-1) ?? label, descriptionsAt(mapping, path));
      return checkContent(mapping, path, content);
    },
  };
}

/** The data without nulls, whose meaning depends on what the device has now. */
function withoutNulls(data: unknown): unknown {
  if (data === null) return undefined;
  if (!isObject(data)) return data;
  const entries = Object.entries(data).map(([name, value]) => [name, withoutNulls(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
