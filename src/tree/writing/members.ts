/**
 * The documents of HGET as members: what each says that a place shall hold, whatever it was written in.
 *
 * A member is asked for its content per place, for formats follow what is there, and a device keeps nodes elsewhere or
 * under other names (DM-2.0 §5.3.1, §7.2.1.4; design: Writing).
 */
import type { MoDataMember } from '../../dm2/package.ts';
import { MappingError } from '../../errors.ts';
import type { WriteRefusal } from '../../mapping/ddf-check.ts';
import { describeNode, type MoMapping } from '../../mapping/mapping.ts';
import type { MoNode } from '../../mo/node.ts';
import { fromMoData, isObject } from '../../translate/mo-data.ts';
import type { InstancePath } from '../target.ts';
import { checkShape, isJudged } from './refusal.ts';

export interface Member {
  /** Where it says that it belongs. */
  readonly clientUri: string;
  /** A hint for the name of a new instance. */
  readonly label: string;
  /** The node called `name` at the place, where `existing` is now. */
  contentAt(place: InstancePath, name: string, existing: MoNode | undefined): MoNode;
  /** What the MO's definition says against it before anything was read. */
  refusalAt(mapping: MoMapping, path: readonly string[]): WriteRefusal | undefined;
}

/** A member of `application/dmmo+json`. */
export function jsonMember({ ClientURI: clientUri, MOData }: MoDataMember): Member {
  const [entry, ...others] = Object.entries(MOData);
  if (entry === undefined || others.length > 0) {
    throw new MappingError('ERR_MO_DATA_SHAPE', 'MOData has not exactly one root label');
  }
  const [label, data] = entry;
  return {
    clientUri,
    label,
    contentAt: ({ mapping, path }, name, existing) => convert(data, mapping, path, name, existing),
    refusalAt: (mapping, path) => {
      const known = withoutNulls(data);
      if (!isJudged(mapping) || known === undefined) return undefined;
      const name = path.at(-1) ?? label;
      return checkShape(mapping, path, convert(known, mapping, path, name, undefined));
    },
  };
}

function convert(
  data: unknown,
  mapping: MoMapping,
  path: readonly string[],
  name: string,
  existing: MoNode | undefined,
): MoNode {
  return fromMoData(data, name, (below) => describeNode(mapping, [...path, ...below]), existing);
}

/** What null means depends on what is there. */
function withoutNulls(data: unknown): unknown {
  if (data === null) return undefined;
  if (!isObject(data)) return data;
  const entries = Object.entries(data).map(([name, value]) => [name, withoutNulls(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
