/**
 * Makes mappings of all DDF files that an operator put into mapping folders. Knows no file system.
 */
import { DecodeError } from '../errors.ts';
import { moidKey } from '../mo/moid.ts';
import { decodeTreeBytes } from '../xml-data/data-xml.ts';
import type { IgnoredElement } from '../xml-data/ddf-document.ts';
import { toDdfMappings, unite } from './ddf-mapping.ts';
import { type DdfWarning, readDdf } from './ddf-read.ts';
import type { MoMapping } from './mapping.ts';

/** The result of reading one file. */
export interface DdfFileReport {
  readonly file: string;
  /** MOIDs of the mappings that were made of it. */
  readonly moids: readonly string[];
  readonly warnings: readonly DdfWarning[];
  /** Elements that have no meaning for the bridge. */
  readonly ignored: readonly IgnoredElement[];
}

/** The reason why a file cannot be used. */
interface DdfFileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The node concerned; '' for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** All files together. A MOID that several files describe is one mapping, and `file` is the first of them. */
export interface DdfFiles {
  readonly mappings: readonly { readonly mapping: MoMapping; readonly file: string }[];
  readonly reports: readonly DdfFileReport[];
  readonly problems: readonly DdfFileProblem[];
}

/** Reads the files in their order. */
export function readDdfFiles(files: readonly { readonly file: string; readonly bytes: Uint8Array }[]): DdfFiles {
  const mappings = new Map<string, { mapping: MoMapping; readonly file: string }>();
  const reports: DdfFileReport[] = [];
  const problems: DdfFileProblem[] = [];
  for (const { file, bytes } of files) {
    const read = readOne(file, bytes);
    if ('message' in read) {
      problems.push(read);
      continue;
    }
    const warnings = [...read.report.warnings];
    for (const mapping of read.mappings) {
      const known = mappings.get(moidKey(mapping.moid));
      if (known === undefined) {
        mappings.set(moidKey(mapping.moid), { mapping, file });
        continue;
      }
      known.mapping = unite(known.mapping, mapping);
      warnings.push({ at: mapping.moid, message: `described by ${known.file}, too; both are combined` });
    }
    reports.push({ ...read.report, warnings });
  }
  return { mappings: [...mappings.values()], reports, problems };
}

function readOne(
  file: string,
  bytes: Uint8Array,
): { readonly mappings: readonly MoMapping[]; readonly report: DdfFileReport } | DdfFileProblem {
  let text = '';
  try {
    text = decodeTreeBytes(bytes);
    const ddf = readDdf(text);
    const { mappings, leftOut } = toDdfMappings(ddf);
    const warnings = [...ddf.warnings, ...leftOut.map((message) => ({ at: '.', message }))];
    return { mappings, report: { file, moids: mappings.map(({ moid }) => moid), warnings, ignored: ddf.ignored } };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { node = '', offset = offsetOfNode(text, node) } = error.place;
    return { file, line: text.slice(0, offset).split('\n').length, key: node, message: error.message };
  }
}

/** The offset at which a reader of the file finds the node: behind the names of the nodes above it, one after the other. */
function offsetOfNode(text: string, node: string): number {
  const names = node.split('/').filter((name) => name !== '' && name !== '.');
  return names.reduce((from, name) => {
    const found = text.slice(from).search(new RegExp(`NodeName>\\s*${name.replaceAll(/\W/g, '\\$&')}`));
    return found < 0 ? from : from + found;
  }, 0);
}
