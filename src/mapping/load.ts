/**
 * Reads the mapping files at start: the shipped ones, then vendors' DDFs, then the operator's own, each overriding by MOID.
 *
 * A folder holds `mo/*.yaml` (or `*.yaml` right in it), `ddf/*.ddf` or `*.xml`, and perhaps `status.yaml` and `profiles.yaml`.
 * All problems of all files are found before anything is refused, each with file, line and key.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { MappingError } from '../errors.ts';
import { compileSchema, type SchemaProblem, type Validated } from '../json-schema.ts';
import { type DdfFileReport, type DdfFiles, readDdfFiles } from './ddf-files.ts';
import { layOver } from './ddf-mapping.ts';
import { findProfileFaults, layProfiles, type ProfileFile, type ProfileRule } from './device-profile.ts';
import type { MoMapping } from './mapping.ts';
import { findContradictions, type MappingFile, toMapping } from './mapping-file.ts';
import { findClashes } from './mo-index.ts';
import { moidKey } from './moid.ts';
import { findTableFaults, type StatusTable } from './status-table.ts';

/** One thing that is wrong with the files. */
export interface MappingProblem {
  readonly file: string;
  readonly line: number;
  /** Path of the key, such as `newInstance.parent`; '' for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** Everything that is wrong, at once. */
export class MappingFilesError extends MappingError {
  readonly problems: readonly MappingProblem[];

  constructor(problems: readonly MappingProblem[]) {
    const lines = problems.map(
      ({ file, line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`,
    );
    const first = problems[0];
    super(
      'ERR_MAPPING_INVALID',
      lines.join('\n'),
      first === undefined ? {} : { place: { file: first.file, line: first.line } },
    );
    this.problems = problems;
  }
}

/** All that the files say. */
export interface MappingSet {
  readonly mappings: readonly MoMapping[];
  readonly status: StatusTable;
  /** Device profiles, the rule that counts first. */
  readonly profiles: readonly ProfileRule[];
  /** What became of each DDF. */
  readonly ddfs: readonly DdfFileReport[];
}

/** The folder that comes with the product. */
const SHIPPED_MAPPINGS = fileURLToPath(new URL('../../mappings', import.meta.url));

/** A file that could be read, with what is needed to name its lines. */
interface ReadFile<T> {
  readonly file: string;
  readonly value: T;
  locate(problem: SchemaProblem): MappingProblem;
}

/**
 * Loads the shipped mappings and those of `folders`, later ones overriding earlier ones by MOID.
 * @throws MappingFilesError ERR_MAPPING_INVALID with every problem of every file
 */
export function loadMappings(folders: readonly string[] = []): MappingSet {
  const problems: MappingProblem[] = [];
  const readFolder = folderReader(problems);
  const [shipped, ...own] = [SHIPPED_MAPPINGS, ...folders].map(readFolder);
  const ddfFiles = [shipped, ...own].flatMap((folder) => folder?.ddfs ?? []);
  const ddfs = readDdfFiles(ddfFiles.map((file) => ({ file, bytes: readFileSync(file) })));
  problems.push(...ddfs.problems);
  const ownEntries = own.flatMap(({ entries }) => [...entries]);
  const base = withDdfs(
    shipped?.entries ?? new Map(),
    ddfs,
    ownEntries.map(([, entry]) => entry),
  );
  const entries: Entries = new Map([...base, ...ownEntries]);
  const loaded = [...entries.values()];
  for (const { mapping, message } of findClashes(loaded.map((entry) => entry.mapping))) {
    const source = loaded.find((entry) => entry.mapping === mapping)?.source;
    if (source !== undefined) problems.push(source.locate({ pointer: '/moid', message }));
  }
  const status = [shipped, ...own].flatMap((folder) => folder?.status ?? []).at(-1);
  if (problems.length > 0 || status === undefined) throw new MappingFilesError(problems);
  const profiles = layProfiles([shipped, ...own].flatMap((folder) => folder?.profiles ?? []));
  return { mappings: loaded.map((entry) => entry.mapping), status, profiles, ddfs: ddfs.reports };
}

/** A mapping and the file that answers for it. */
interface Entry {
  readonly mapping: MoMapping;
  readonly source: Pick<ReadFile<MappingFile>, 'file' | 'locate'>;
}

/** By `moidKey`. */
type Entries = ReadonlyMap<string, Entry>;

interface Folder {
  readonly entries: Entries;
  readonly status: readonly StatusTable[];
  readonly profiles: readonly ProfileFile[];
  readonly ddfs: readonly string[];
}

function folderReader(problems: MappingProblem[]): (folder: string) => Folder {
  const validateMapping = compileSchema<MappingFile>(readSchema('mo.schema.json'));
  const validateStatus = compileSchema<StatusTable>(readSchema('status.schema.json'));
  const validateProfiles = compileSchema<ProfileFile>(readSchema('profiles.schema.json'));
  return (folder) => {
    const files = listFiles(folder, problems);
    const entries = new Map<string, Entry>();
    for (const file of files.mappings) {
      for (const source of readChecked(file, validateMapping, findContradictions, problems)) {
        const key = moidKey(source.value.moid);
        const twin = entries.get(key);
        if (twin !== undefined)
          problems.push(source.locate({ pointer: '/moid', message: `also in ${twin.source.file}` }));
        entries.set(key, { mapping: toMapping(source.value), source });
      }
    }
    const status = files.status.flatMap((file) =>
      readChecked(file, validateStatus, findTableFaults, problems).map(({ value }) => value),
    );
    const profiles = files.profiles.flatMap((file) =>
      readChecked(file, validateProfiles, findProfileFaults, problems).map(({ value }) => value),
    );
    return { entries, status, profiles, ddfs: files.ddfs };
  };
}

/** The shipped mappings with the DDFs laid over them; a DDF steps back where the operator's own file has its MOID. */
function withDdfs(shipped: Entries, { mappings }: DdfFiles, own: readonly Entry[]): Entries {
  const claimed = new Set(
    own.flatMap(({ mapping: { moid, aliases, dm1Moids } }) => [moid, ...aliases, ...dm1Moids].map(moidKey)),
  );
  const entries = new Map(shipped);
  for (const { mapping, file } of mappings) {
    if (claimed.has(moidKey(mapping.moid))) continue;
    const before = [...entries.values()].map((entry) => entry.mapping);
    const source = { file, locate: ({ message }: SchemaProblem) => ({ file, line: 1, key: mapping.moid, message }) };
    for (const laid of layOver(before, mapping)) {
      if (!before.includes(laid)) entries.set(moidKey(laid.moid), { mapping: laid, source });
    }
  }
  return entries;
}

function readSchema(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(SHIPPED_MAPPINGS, 'schema', name), 'utf8'));
}

/** Names of the files in a folder, by what they hold. */
type FolderFiles = Readonly<Record<'mappings' | 'status' | 'profiles' | 'ddfs', readonly string[]>>;

function listFiles(folder: string, problems: MappingProblem[]): FolderFiles {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    problems.push({ file: folder, line: 1, key: '', message: 'no such folder' });
    return { mappings: [], status: [], profiles: [], ddfs: [] };
  }
  const filesIn = (place: string, ending: RegExp) =>
    existsSync(place)
      ? readdirSync(place)
          .filter((name) => ending.test(name) && !statSync(join(place, name)).isDirectory())
          .sort()
          .map((name) => join(place, name))
      : [];
  const yaml = /\.ya?ml$/;
  const top = filesIn(folder, yaml);
  const named = (name: string) => top.filter((file) => basename(file).replace(yaml, '') === name);
  const [status, profiles] = [named('status'), named('profiles')];
  return {
    mappings: [
      ...top.filter((file) => !status.includes(file) && !profiles.includes(file)),
      ...filesIn(join(folder, 'mo'), yaml),
    ],
    status,
    profiles,
    ddfs: filesIn(join(folder, 'ddf'), /\.(?:ddf|xml)$/i),
  };
}

/** The file's value, or nothing after its problems were noted. */
function readChecked<T>(
  file: string,
  validate: (value: unknown) => Validated<T>,
  contradictions: (value: T) => readonly SchemaProblem[],
  problems: MappingProblem[],
): readonly ReadFile<T>[] {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    problems.push(
      ...document.errors.map((error) => ({
        file,
        line: lines.linePos(error.pos[0]).line,
        key: '',
        message: error.message,
      })),
    );
    return [];
  }
  const locate = (problem: SchemaProblem) => ({
    file,
    ...locateIn(document, lines, problem.pointer),
    message: problem.message,
  });
  const checked = validate(document.toJS());
  const found = checked.ok ? contradictions(checked.value) : checked.problems;
  problems.push(...found.map(locate));
  return checked.ok && found.length === 0 ? [{ file, value: checked.value, locate }] : [];
}

/** Line and key of the deepest thing on the pointer that is in the file. */
function locateIn(document: Document, lines: LineCounter, pointer: string): { line: number; key: string } {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of steps) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (isNode(pair?.key)) offset = pair.key.range?.[0] ?? offset;
      next = pair?.value;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      if (isNode(next)) offset = next.range?.[0] ?? offset;
    }
    node = next;
  }
  return { line: lines.linePos(offset).line || 1, key: steps.join('.') };
}
