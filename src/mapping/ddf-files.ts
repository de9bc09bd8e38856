/**
 * DDF files that an operator dropped into a folder: all of them together become mappings. Knows no file system.
 */
import { DecodeError } from '../errors.ts';
import { decodeTreeBytes } from '../xml-data/data-xml.ts';
import type { IgnoredElement } from '../xml-data/ddf-document.ts';
import { toDdfMappings, unite } from './ddf-mapping.ts';
import { type DdfWarning, readDdf } from './ddf-read.ts';
import type { MoMapping } from './mapping.ts';
import { moidKey } from './moid.ts';

/** What was made of one file, and what was not. */
export interface DdfFileReport {
  readonly file: string;
  readonly moids: readonly string[];
  readonly warnings: readonly DdfWarning[];
  readonly ignored: readonly IgnoredElement[];
}

/** Why a file cannot be used. */
export interface DdfFileProblem {
  readonly file: string;
  readonly line: number;
  /** The node concerned; '' for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** All files together; a MOID that several describe is one mapping, of which `file` is the first. */
export interface DdfFiles {
  readonly mappings: readonly { readonly mapping: MoMapping; readonly file: string }[];
  readonly reports: readonly DdfFileReport[];
  readonly problems: readonly DdfFileProblem[];
}

/** Reads them in the order given. */
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
      if (known === undefined) mappings.set(moidKey(mapping.moid), { mapping, file });
      else {
        known.mapping = unite(known.mapping, mapping);
        warnings.push({ at: mapping.moid, message: `described by ${known.file}, too; both are taken together` });
      }
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

/** Where a reader of the file would look for the node: at the names on the way to it, one after the other. */
function offsetOfNode(text: string, node: string): number {
  const names = node.split('/').filter((name) => name !== '' && name !== '.');
  return names.reduce((from, name) => {
    const found = text.slice(from).search(new RegExp(`NodeName>\\s*${name.replaceAll(/\W/g, '\\$&')}`));
    return found < 0 ? from : from + found;
  }, 0);
}
