/**
 * Reads the mapping files at start: the shipped ones, then vendors' DDFs, then the operator's own. A later one overrides
 * an earlier one of the same MOID; of DDFs, one of the same MOID and root.
 *
 * A folder holds `*.yaml`, `*.ddf` and `*.xml`, directly or in `mo` and `ddf`, and perhaps `status.yaml`, `profiles.yaml`,
 * `mo-indexes.yaml` and `server-uri-values.yaml`. All problems of all files are reported together, each with file, line and
 * key (docs/mappings.md).
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MappingError } from '../errors.ts';
import { compileSchema, type SchemaProblem } from '../json-schema.ts';
import { moidKey } from '../mo/moid.ts';
import { type DdfFileReport, type DdfFiles, readDdfFiles } from './ddf-files.ts';
import { combine } from './ddf-mapping.ts';
import { toCurrentMappingFile, toCurrentStatusTable } from './deprecated-keys.ts';
import { findProfileFaults, layProfiles, type ProfileFile, type ProfileRule } from './device-profile.ts';
import type { MoMapping } from './mapping.ts';
import { findContradictions, type MappingFile, toMapping } from './mapping-file.ts';
import { findClashes } from './mo-index.ts';
import { findIndexFaults, layIndexes, type MoIndexes, type MoIndexFile } from './mo-indexes.ts';
import { refine, refineByDevice } from './refinement.ts';
import { findValueFaults, type ServerUriValuesFile, type ToldParameters, toldParameters } from './server-uri-values.ts';
import { findTableFaults, type StatusTable } from './status-table.ts';
import { type FileKind, type MappingProblem, type MappingWarning, readYamlFile, type YamlFile } from './yaml-file.ts';

/** Carries every problem of every file. */
export class MappingFilesError extends MappingError {
  readonly problems: readonly MappingProblem[];

  constructor(problems: readonly MappingProblem[]) {
    const lines = problems.map(
      ({ file, line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`,
    );
    const [first] = problems;
    const place = first === undefined ? {} : { file: first.file, line: first.line };
    super('ERR_MAPPING_INVALID', lines.join('\n'), { place });
    this.problems = problems;
  }
}

/** The contents of all files. */
export interface MappingSet {
  readonly mappings: readonly MoMapping[];
  readonly status: StatusTable;
  /** Device profiles; the first rule that matches a device applies. */
  readonly profiles: readonly ProfileRule[];
  readonly moIndexes: MoIndexes;
  /** The leaves at which devices tell the values of parameters in ServerURIs. */
  readonly toldParameters: ToldParameters;
  /** One report for each DDF. */
  readonly ddfs: readonly DdfFileReport[];
  /** Old spellings, which the next version refuses. */
  readonly warnings: readonly MappingWarning[];
}

/** The folder that comes with the product. */
const SHIPPED_MAPPINGS = fileURLToPath(new URL('../../mappings', import.meta.url));

/**
 * Loads the shipped mappings and those of `folders`, later ones overriding earlier ones by MOID.
 * @throws MappingFilesError ERR_MAPPING_INVALID with every problem of every file
 */
export function loadMappings(folders: readonly string[] = []): MappingSet {
  const findings: Findings = { problems: [], warnings: [] };
  const kinds = fileKinds();
  const shipped = readFolder(SHIPPED_MAPPINGS, kinds, findings);
  const own = folders.map((folder) => readFolder(folder, kinds, findings));
  const all = [shipped, ...own];

  const ownEntries = own.flatMap(({ entries }) => [...entries]);
  const written = Array.from(new Map([...shipped.entries, ...ownEntries]).values(), ({ mapping }) => mapping);
  const ddfs = readDdfFiles(
    all.flatMap((each, folder) => each.ddfs.map((file) => ({ file, folder, bytes: readFileSync(file) }))),
    written,
  );
  findings.problems.push(...ddfs.problems);

  const claimed = claimedMoids(ownEntries.map(([, entry]) => entry.mapping));
  const entries = new Map([...withDdfs(shipped.entries, ddfs, claimed), ...ownEntries]);
  for (const [key, { mapping, source }] of entries) {
    entries.set(key, { mapping: refineByDevice(mapping, ddfs.device), source });
  }
  findings.problems.push(...clashesOf([...entries.values()]));

  const status = all.flatMap((folder) => folder.status).at(-1);
  if (findings.problems.length > 0 || status === undefined) throw new MappingFilesError(findings.problems);
  return {
    mappings: Array.from(entries.values(), ({ mapping }) => mapping),
    status,
    profiles: layProfiles(all.flatMap((folder) => folder.profiles)),
    moIndexes: layIndexes(all.flatMap((folder) => folder.moIndexes)),
    toldParameters: toldParameters(all.flatMap((folder) => folder.serverUriValues)),
    ddfs: ddfs.reports,
    warnings: findings.warnings,
  };
}

/** Collects what the files of all folders have to report. */
interface Findings {
  readonly problems: MappingProblem[];
  readonly warnings: MappingWarning[];
}

/** A mapping and the file that it came from. */
interface Entry {
  readonly mapping: MoMapping;
  readonly source: Pick<YamlFile<MappingFile>, 'file' | 'locate'>;
}

/** By `moidKey`. */
type Entries = ReadonlyMap<string, Entry>;

/** The contents of one folder; the DDFs are file names still. */
interface Folder {
  readonly entries: Entries;
  readonly status: readonly StatusTable[];
  readonly profiles: readonly ProfileFile[];
  readonly moIndexes: readonly MoIndexFile[];
  readonly serverUriValues: readonly ServerUriValuesFile[];
  readonly ddfs: readonly string[];
}

/** The kinds of YAML file that a folder may hold. */
interface FileKinds {
  readonly mapping: FileKind<MappingFile>;
  readonly status: FileKind<StatusTable>;
  readonly profiles: FileKind<ProfileFile>;
  readonly moIndexes: FileKind<MoIndexFile>;
  readonly serverUriValues: FileKind<ServerUriValuesFile>;
}

function fileKinds(): FileKinds {
  return {
    mapping: fileKind<MappingFile>('mo', findContradictions, toCurrentMappingFile),
    status: fileKind<StatusTable>('status', findTableFaults, toCurrentStatusTable),
    profiles: fileKind<ProfileFile>('profiles', findProfileFaults),
    moIndexes: fileKind<MoIndexFile>('mo-indexes', findIndexFaults),
    serverUriValues: fileKind<ServerUriValuesFile>('server-uri-values', findValueFaults),
  };
}

/** @param toCurrent absent: no key of the file ever had another spelling */
function fileKind<T>(
  schema: string,
  findFaults: FileKind<T>['findFaults'],
  toCurrent: FileKind<T>['toCurrent'] = (value) => ({ value, deprecated: [] }),
): FileKind<T> {
  return { validate: compileSchema<T>(readSchema(`${schema}.schema.json`)), findFaults, toCurrent };
}

function readSchema(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(SHIPPED_MAPPINGS, 'schema', name), 'utf8'));
}

function readFolder(folder: string, kinds: FileKinds, findings: Findings): Folder {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    findings.problems.push({ file: folder, line: 1, key: '', message: 'no such folder' });
    return { entries: new Map(), status: [], profiles: [], moIndexes: [], serverUriValues: [], ddfs: [] };
  }
  const files = listFiles(folder);
  const entries = new Map<string, Entry>();
  for (const source of readAll(files.mappings, kinds.mapping, findings)) {
    const key = moidKey(source.value.moid);
    const twin = entries.get(key);
    if (twin !== undefined) {
      findings.problems.push(source.locate({ pointer: '/moid', message: `also in ${twin.source.file}` }));
    }
    entries.set(key, { mapping: toMapping(source.value), source });
  }
  return {
    entries,
    status: readAll(files.status, kinds.status, findings).map(({ value }) => value),
    profiles: readAll(files.profiles, kinds.profiles, findings).map(({ value }) => value),
    moIndexes: readAll(files.moIndexes, kinds.moIndexes, findings).map(({ value }) => value),
    serverUriValues: readAll(files.serverUriValues, kinds.serverUriValues, findings).map(({ value }) => value),
    ddfs: files.ddfs,
  };
}

/** Reads the files; those with problems are left out. */
function readAll<T>(files: readonly string[], kind: FileKind<T>, findings: Findings): readonly YamlFile<T>[] {
  const readable: YamlFile<T>[] = [];
  for (const file of files) {
    const read = readYamlFile(file, readFileSync(file, 'utf8'), kind);
    if ('problems' in read) {
      findings.problems.push(...read.problems);
    } else {
      findings.warnings.push(...read.warnings);
      readable.push(read);
    }
  }
  return readable;
}

/** Names of the files in a folder, by what they hold. */
type FolderFiles = Readonly<
  Record<'mappings' | 'status' | 'profiles' | 'moIndexes' | 'serverUriValues' | 'ddfs', readonly string[]>
>;

const YAML_ENDING = /\.ya?ml$/;
const DDF_ENDING = /\.(?:ddf|xml)$/i;

function listFiles(folder: string): FolderFiles {
  const top = filesIn(folder, YAML_ENDING);
  const named = (name: string) => top.filter((file) => basename(file).replace(YAML_ENDING, '') === name);
  const [status, profiles] = [named('status'), named('profiles')];
  const [moIndexes, serverUriValues] = [named('mo-indexes'), named('server-uri-values')];
  const others = new Set([...status, ...profiles, ...moIndexes, ...serverUriValues]);
  const mappings = top.filter((file) => !others.has(file));
  return {
    mappings: [...mappings, ...filesIn(join(folder, 'mo'), YAML_ENDING)],
    status,
    profiles,
    moIndexes,
    serverUriValues,
    ddfs: [...filesIn(folder, DDF_ENDING), ...filesIn(join(folder, 'ddf'), DDF_ENDING)],
  };
}

function filesIn(folder: string, ending: RegExp): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => ending.test(name) && !statSync(join(folder, name)).isDirectory())
    .sort()
    .map((name) => join(folder, name));
}

/** Every MOID of the mappings, by `moidKey`. */
function claimedMoids(mappings: readonly MoMapping[]): ReadonlySet<string> {
  const moids = mappings.flatMap(({ moid, aliases, dm1Moids }) => [moid, ...aliases, ...dm1Moids]);
  return new Set(moids.map(moidKey));
}

/** The shipped mappings with the DDFs laid over them; a DDF of a claimed MOID is ignored, for the operator's file wins. */
function withDdfs(shipped: Entries, { objects }: DdfFiles, claimed: ReadonlySet<string>): Map<string, Entry> {
  const entries = new Map(shipped);
  const keys = keysByMoid(shipped);
  for (const { parts, file } of objects) {
    const added = combine(parts);
    if (added === undefined || claimed.has(moidKey(added.moid))) continue;
    const key = keys.get(moidKey(added.moid)) ?? moidKey(added.moid);
    const known = entries.get(key)?.mapping;
    const mapping = known === undefined ? added : refine(known, parts);
    const locate = ({ message }: SchemaProblem) => ({ file, line: 1, key: added.moid, message });
    if (mapping !== known) entries.set(key, { mapping, source: { file, locate } });
  }
  return entries;
}

/** The keys of the entries by every MOID of their mappings; the Type of instances counts before a name for backends. */
function keysByMoid(entries: Entries): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const claims = [...entries].flatMap(([key, { mapping }]) => [
    ...mapping.dm1Moids.map((moid) => ({ moid, key, order: 0 })),
    ...[mapping.moid, ...mapping.aliases].map((moid) => ({ moid, key, order: 1 })),
  ]);
  for (const { moid, key } of claims.sort((one, other) => one.order - other.order)) {
    if (!keys.has(moidKey(moid))) keys.set(moidKey(moid), key);
  }
  return keys;
}

function clashesOf(entries: readonly Entry[]): readonly MappingProblem[] {
  return findClashes(entries.map(({ mapping }) => mapping)).flatMap(({ mapping, message }) => {
    const source = entries.find((entry) => entry.mapping === mapping)?.source;
    return source === undefined ? [] : [source.locate({ pointer: '/moid', message })];
  });
}
