/** DevInfo as Package#1 brings it: one Item for each leaf of the device's DevInfo tree (DM-1.3 §6.3). */
import { descendantOf, type LocUri, nameOf, namesOf, parseLocUri, readLocUri } from '../mo/loc-uri.ts';
import { type MoNode, type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import type { DeviceRecord } from './record.ts';

/** DevInfo leaves by LocURI as the device wrote it; some devices write `./Devinfo`. */
export type DevInfoLeaves = Readonly<Record<string, string>>;

export const DEV_INFO_ROOT = parseLocUri('./DevInfo');

/** Leaves that name the versions of the device's parts, in lower case. */
const VERSION_LEAVES: ReadonlySet<string> = new Set(['dmv', 'fwv', 'swv', 'hwv']);

/** Leaves that name the device, in lower case. */
const IDENTITY_LEAVES: ReadonlySet<string> = new Set(['devid', 'man', 'mod']);

/** Returns the format in the definition of DevInfo of the node at a path from below its root. */
type DescribedFormat = (path: readonly string[]) => NodeFormat | undefined;

/** A leaf of DevInfo with its address. */
export interface DevInfoLeaf {
  readonly locUri: LocUri;
  readonly tree: MoNode;
}

/**
 * The leaves at `reported`, as the device wrote their addresses. A leaf has the format of its definition, else the one that the
 * device gave it, else chr.
 */
export function devInfoLeaves(
  { devInfo = {}, devInfoFormats = {} }: Pick<DeviceRecord, 'devInfo' | 'devInfoFormats'>,
  reported: readonly string[],
  describedFormat: DescribedFormat,
): readonly DevInfoLeaf[] {
  return reported.flatMap((text): readonly DevInfoLeaf[] => {
    const locUri = devInfoLocUri(text);
    const value = devInfo[text];
    if (locUri === undefined || value === undefined) return [];
    const names = namesOf(locUri).slice(1);
    const described = describedFormat(names);
    const own = parseNodeFormat(devInfoFormats[text] ?? '') ?? 'chr';
    const format = described === undefined || described === 'node' ? own : described;
    return [{ locUri, tree: { name: nameOf(locUri), format, value } }];
  });
}

/** The address of a node below DevInfo, however the device has written the name `DevInfo`. */
export function devInfoLocUri(text: string): LocUri | undefined {
  const locUri = readLocUri(text);
  const names = locUri === undefined ? [] : namesOf(locUri).slice(1);
  return names.length === 0 ? undefined : descendantOf(DEV_INFO_ROOT, names);
}

/** The value of one DevInfo leaf, such as `Mod`, in whatever case the device wrote its address. */
export function devInfoValue(leaves: DevInfoLeaves, name: string): string | undefined {
  const wanted = `${DEV_INFO_ROOT}/${name}`.toLowerCase();
  return Object.entries(leaves).find(([locUri]) => readLocUri(locUri)?.toLowerCase() === wanted)?.[1];
}

/** All versions in DevInfo as one text: as long as it stays the same, static nodes of the device stay the same, too. */
export function versionsIn(leaves: DevInfoLeaves = NO_LEAVES): string {
  const known = versionTexts.get(leaves);
  if (known !== undefined) return known;
  const text = findVersions(leaves);
  versionTexts.set(leaves, text);
  return text;
}

const NO_LEAVES: DevInfoLeaves = {};

/** Leaves never change, and each use of the cache asks for these. */
const versionTexts = new WeakMap<DevInfoLeaves, string>();

function findVersions(leaves: DevInfoLeaves): string {
  const versions = Object.entries(leaves).filter(([locUri]) => isVersion(locUri));
  return versions
    .map(([locUri, value]) => JSON.stringify([locUri, value]))
    .sort()
    .join();
}

/** The addresses, as the device wrote them, of the leaves that have another value than the record. */
export function changedDevInfo({ devInfo = {} }: DeviceRecord, leaves: DevInfoLeaves): readonly string[] {
  return Object.entries(leaves).flatMap(([locUri, value]) => (devInfo[locUri] === value ? [] : locUri));
}

/** A change of a leaf: of the device itself or its software, of the language that every Package#1 tells, or of another leaf. */
export function kindOfLeaf(text: string): 'identity' | 'language' | 'other' {
  const [, name = '', ...below] = namesOf(readLocUri(text) ?? DEV_INFO_ROOT);
  if (below.length > 0) return 'other';
  const lower = name.toLowerCase();
  if (lower === 'lang') return 'language';
  return IDENTITY_LEAVES.has(lower) || VERSION_LEAVES.has(lower) ? 'identity' : 'other';
}

/** DevInfo leaves as they came in one Replace. */
export interface ReceivedDevInfo {
  readonly leaves: DevInfoLeaves;
  /** The Format of those leaves that have another than chr. */
  readonly formats: Readonly<Record<string, string>>;
}

/** The record with these leaves. Another model or version of the device makes it forget the learnt facts. */
export function withDevInfo(record: DeviceRecord, { leaves, formats }: ReceivedDevInfo): DeviceRecord {
  const { devInfo: before = {}, devInfoFormats = {} } = record;
  const isOther = ['Mod', 'DmV'].some((name) => {
    const [old, now] = [devInfoValue(before, name), devInfoValue(leaves, name)];
    return old !== undefined && now !== undefined && old !== now;
  });
  const values: Mutable<DeviceRecord['values']> = { ...record.values };
  const manufacturer = devInfoValue(leaves, 'Man');
  const model = devInfoValue(leaves, 'Mod');
  if (manufacturer !== undefined) values.manufacturer = manufacturer;
  if (model !== undefined) values.model = model;
  const kept = Object.entries(devInfoFormats).filter(([locUri]) => !Object.hasOwn(leaves, locUri));
  return {
    ...record,
    devInfo: { ...before, ...leaves },
    devInfoFormats: { ...Object.fromEntries(kept), ...formats },
    facts: isOther ? {} : record.facts,
    values,
  };
}

function isVersion(text: string): boolean {
  const locUri = readLocUri(text);
  return locUri !== undefined && VERSION_LEAVES.has(nameOf(locUri).toLowerCase());
}
