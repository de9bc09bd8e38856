/**
 * Reads all DDF files that an operator put into mapping folders. Knows no file system.
 *
 * A definition belongs to a MOID and a root. Two files of one folder may not have the same; that of a later folder overrides
 * that of an earlier one. Files that describe a whole device count where no other mapping has a place.
 */
import { DecodeError } from '../errors.ts';
import { moidKey } from '../mo/moid.ts';
import { decodeTreeBytes } from '../xml-data/data-xml.ts';
import type { IgnoredElement } from '../xml-data/ddf-document.ts';
import { type DdfObject, toDdfObjects } from './ddf-mapping.ts';
import { type DdfTree, type DdfWarning, readDdf } from './ddf-read.ts';
import type { MoMapping, NodeDescription } from './mapping.ts';
import { type MoPlace, PlaceMap } from './mo-place.ts';
import { toDeviceTree } from './refinement.ts';

/** A DDF file of a mapping folder. */
export interface DdfFile {
  readonly file: string;
  /** The number of its mapping folder, in the order in which the folders are read. */
  readonly folder: number;
  readonly bytes: Uint8Array;
}

/** The result of reading one file. */
export interface DdfFileReport {
  readonly file: string;
  /** MOIDs of the MOs that it describes. */
  readonly moids: readonly string[];
  readonly isWholeDevice: boolean;
  readonly warnings: readonly DdfWarning[];
  /** Elements that have no meaning for the bridge. */
  readonly ignored: readonly IgnoredElement[];
}

/** The reason why a file cannot be used. */
interface DdfFileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The node or the MOID concerned; '' for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** An MO as the files describe it. */
export interface DescribedMo {
  /** Mappings of the MOID, one for each root; each has at most one place. */
  readonly parts: readonly MoMapping[];
  /** The file of the first part. */
  readonly file: string;
}

/** All files together. */
export interface DdfFiles {
  readonly objects: readonly DescribedMo[];
  /** The tree of a whole device; without children when no file describes one. */
  readonly device: NodeDescription;
  readonly reports: readonly DdfFileReport[];
  readonly problems: readonly DdfFileProblem[];
}

/** Reads the files in their order; `written` are the mappings that are no DDFs. */
export function readDdfFiles(files: readonly DdfFile[], written: readonly MoMapping[]): DdfFiles {
  const problems: DdfFileProblem[] = [];
  const read: ReadFile[] = [];
  for (const each of files) {
    const result = readOne(each);
    if ('message' in result) problems.push(result);
    else read.push(result);
  }
  const objects = new ObjectsByRoot(written);
  for (const each of read.filter(({ ddf }) => !ddf.isWholeDevice)) objects.add(each, toDdfObjects(each.ddf));
  const known = new PlaceMap<true>();
  const places = written.flatMap((mapping) => mapping.places);
  for (const place of [...places, ...objects.places()]) known.add(place, true);
  const devices = read.filter(({ ddf }) => ddf.isWholeDevice);
  for (const each of devices) {
    objects.add(
      each,
      toDdfObjects(each.ddf, (place) => known.covers(place)),
    );
  }
  const laterFirst = devices.toSorted((one, other) => other.folder - one.folder);
  return {
    objects: objects.byMoid(),
    device: toDeviceTree(laterFirst.flatMap(({ ddf }) => ddf.trees)),
    reports: read.map(({ file, ddf, moids, warnings }) => {
      const { isWholeDevice, ignored } = ddf;
      return { file, moids: [...moids], isWholeDevice, warnings: [...ddf.warnings, ...warnings], ignored };
    }),
    problems: [...problems, ...objects.problems],
  };
}

/** A file without faults of its own. */
interface ReadFile {
  readonly file: string;
  readonly folder: number;
  readonly text: string;
  readonly ddf: DdfTree;
  /** MOIDs of the MOs that were taken from it. */
  readonly moids: Set<string>;
  /** Further warnings, which only the making of mappings shows. */
  readonly warnings: DdfWarning[];
}

function readOne({ file, folder, bytes }: DdfFile): ReadFile | DdfFileProblem {
  let text = '';
  try {
    text = decodeTreeBytes(bytes);
    return { file, folder, text, ddf: readDdf(text), moids: new Set(), warnings: [] };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { node = '', offset = offsetOfNode(text, node) } = error.place;
    return { file, line: lineAt(text, offset), key: node, message: error.message };
  }
}

/** The definitions by MOID and root. */
class ObjectsByRoot {
  readonly problems: DdfFileProblem[] = [];
  /** By MOID, then by root. */
  readonly #objects = new Map<string, Map<string, { readonly mapping: MoMapping; readonly from: ReadFile }>>();

  /** The places of the MOs that every device has at fixed places. */
  readonly #fixed = new Map<string, readonly MoPlace[]>();

  constructor(written: readonly MoMapping[]) {
    for (const { find, moid, aliases, dm1Moids, places } of written) {
      if (find !== 'fixed') continue;
      for (const each of [moid, ...aliases, ...dm1Moids]) this.#fixed.set(moidKey(each), places);
    }
  }

  add(from: ReadFile, objects: readonly DdfObject[]): void {
    for (const { mapping, root } of objects) {
      const { moid, places } = mapping;
      const fixed = this.#fixed.get(moidKey(moid));
      // A second fixed place would be one of every device, and an instance that few of them have.
      if (fixed !== undefined && places.some(({ locUri }) => !fixed.some((place) => place.locUri === locUri))) {
        const usual = fixed.map(({ locUri }) => locUri).join(', ');
        from.warnings.push({ at: root, message: `ignored: every device has ${moid} at ${usual}` });
        continue;
      }
      const byRoot = this.#objects.get(moidKey(moid)) ?? new Map();
      this.#objects.set(moidKey(moid), byRoot);
      const before = byRoot.get(root)?.from;
      if (before !== undefined && before.folder === from.folder) {
        const line = lineAt(from.text, offsetOfNode(from.text, root));
        const message = `${root} of this MOID is described by ${before.file}, too`;
        this.problems.push({ file: from.file, line, key: moid, message });
        continue;
      }
      if (before !== undefined) {
        from.warnings.push({ at: root, message: `overrides ${before.file} of an earlier folder` });
      }
      if (places.length === 0) {
        from.warnings.push({ at: '.', message: `${moid}: no usual place; found by its Type alone` });
      }
      from.moids.add(moid);
      byRoot.set(root, { mapping, from });
    }
  }

  byMoid(): readonly DescribedMo[] {
    return [...this.#objects.values()].flatMap((byRoot) => {
      const [first, ...others] = byRoot.values();
      if (first === undefined) return [];
      return { parts: [first, ...others].map(({ mapping }) => mapping), file: first.from.file };
    });
  }

  places(): readonly MoPlace[] {
    return this.byMoid().flatMap(({ parts }) => parts.flatMap(({ places }) => places));
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** The offset at which a reader of the file finds the node: behind the names of the nodes above it, one after the other. */
function offsetOfNode(text: string, node: string): number {
  const names = node.split('/').filter((name) => name !== '' && name !== '.');
  return names.reduce((from, name) => {
    const found = text.slice(from).search(new RegExp(`NodeName>\\s*${name.replaceAll(/\W/g, '\\$&')}`));
    return found < 0 ? from : from + found;
  }, 0);
}
