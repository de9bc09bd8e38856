/** The right answers to reads of a device's tree, computed from the tree without any code of the bridge. */
import type { CommandAnswer } from './simulated-sessions.ts';

/** A tree as plain data: text of leaves, whatever their format, and interior nodes. */
export type Plain = { readonly [name: string]: Plain | Value };
type Value = string | number | boolean;

interface NodeLike {
  readonly format: string;
  readonly value: string | undefined;
  readonly children: ReadonlyMap<string, NodeLike> | undefined;
}

export function plain(node: NodeLike | undefined): Plain {
  return Object.fromEntries(
    [...(node?.children ?? [])].map(([name, child]) => [
      name,
      child.children === undefined ? leafValue(child) : plain(child),
    ]),
  );
}

function leafValue({ format, value = '' }: NodeLike): Value {
  if (format === 'bool') return value === 'true';
  return format === 'int' ? Number(value) : value;
}

export const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const DEVINFO = 'urn:oma:mo:oma-dm-devinfo:1.2';

/** The parent node of the instances of each MO. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  [DCMO]: ['DCMO'],
  [DEVINFO]: [],
  'urn:oma:mo:oma-dm-devdetail:1.0': [],
  'urn:oma:mo:oma-diag:1.0': ['DiagMon'],
  'urn:vendor:mo:product:1.0': ['Vendor'],
};
const SINGLE: Readonly<Record<string, string>> = {
  [DEVINFO]: 'DevInfo',
  'urn:oma:mo:oma-dm-devdetail:1.0': 'DevDetail',
};

/** The address of a read: an instance or all of them, and a path in it. */
export interface Address {
  readonly moid: string;
  /** `''`: the only one; `*`: all. */
  readonly instance: string;
  readonly path: readonly string[];
}

export function clientUri({ moid, instance, path }: Address): string {
  return `${moid}/${instance}/${path.join('/')}`;
}

function at(tree: Plain | Value | undefined, names: readonly string[]): Plain | Value | undefined {
  return names.reduce<Plain | Value | undefined>(
    (node, name) => (typeof node === 'object' && Object.hasOwn(node, name) ? node[name] : undefined),
    tree,
  );
}

/** One MO instance as DM 2.0 shows it (DM-2.0 §12.1 for DevInfo). */
export function instanceIn(tree: Plain, moid: string, name: string): Plain | undefined {
  const found = at(tree, [...(PLACES[moid] ?? []), name]);
  if (typeof found !== 'object') return undefined;
  if (moid !== DEVINFO) return found;
  const { DevId: DevID = '', ...rest } = found;
  const { DevTyp: DevType = '', OEM = '', FwV = '', SwV = '', HwV = '' } = at(tree, ['DevDetail']) as Plain;
  return { ...rest, DevID, DevType, OEM, FwV, SwV, HwV };
}

/** The answer to a GET of the address for this tree; members by their ClientURI. */
export function truthOf(tree: Plain, address: Address): CommandAnswer {
  const { moid, instance, path } = address;
  const all = Object.keys((at(tree, PLACES[moid] ?? []) ?? {}) as Plain);
  const name = SINGLE[moid] ?? instance;
  const names = instance === '*' ? all : [name];
  const found = names.flatMap((miid) => {
    const node = at(instanceIn(tree, moid, miid), path);
    return node === undefined ? [] : [{ miid, node }];
  });
  const [first] = found;
  if (first === undefined) return { status: 404 };
  if (instance !== '*' && typeof first.node !== 'object') return { status: 200, data: String(first.node) };
  const members = found.map(({ miid, node }) => [
    clientUri({ ...address, instance: instance === '*' ? miid : instance }),
    { [path.at(-1) ?? miid]: node },
  ]);
  return { status: 200, data: Object.fromEntries(members) };
}

/** An answer of the bridge, in the form of `truthOf`. */
export function readable({ status, data }: CommandAnswer): CommandAnswer {
  if (!Array.isArray(data)) return data === undefined ? { status } : { status, data };
  return { status, data: Object.fromEntries(data.map(({ ClientURI, MOData }) => [ClientURI, MOData])) };
}

/** Text that is the same for equal trees, whatever the order of their nodes. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
