/**
 * The content of a YAML mapping file, and the mapping that it makes: defaults are filled in, paths are split, and the
 * rules that a JSON Schema cannot express are checked.
 *
 * Knows no file system: a problem carries a JSON Pointer, and `yaml-file.ts` finds its line.
 */
import { escapePointer, type SchemaProblem } from '../json-schema.ts';
import { parseLocUri } from '../mo/loc-uri.ts';
import { parseMoid } from '../mo/moid.ts';
import type { NodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import type { FragmentSchema } from '../xml-data/alert-payload.ts';
import type {
  AccessType,
  CachePolicy,
  FindRule,
  MappedAlertType,
  MoMapping,
  NodeDescription,
  Occurrence,
} from './mapping.ts';
import { isSingle } from './mapping.ts';
import { parseMoPlace } from './mo-place.ts';
import { isWildcard, type PathPattern, parsePattern, type Rewrite } from './path-pattern.ts';

/** A file that `mappings/schema/mo.schema.json` accepts. */
export interface MappingFile {
  readonly moid: string;
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly dm1Moids?: readonly string[];
  readonly find: FindRule;
  readonly roots?: readonly string[];
  readonly newInstance?: { readonly parent: string; readonly single?: boolean };
  readonly description?: NodeFile;
  readonly renames?: Readonly<Record<string, string>>;
  readonly relocated?: Readonly<Record<string, string>>;
  readonly pathAliases?: Readonly<Record<string, string>>;
  readonly volatile?: readonly string[];
  readonly hidden?: readonly string[];
  readonly valueLeaf?: string;
  readonly cache?: 'static' | { readonly ttl: string };
  readonly alertTypes?: readonly AlertTypeFile[];
  readonly man?: string;
  readonly mod?: string;
  readonly minimumAccess?: boolean;
}

interface AlertTypeFile {
  readonly type: string;
  readonly json?: PayloadFile;
  readonly exec?: string;
}

/** A node of the description; its keys are those of `NodeDescription`. */
export interface NodeFile {
  readonly format?: NodeFormat;
  readonly access?: readonly AccessType[];
  readonly occurrence?: Occurrence;
  readonly max?: number;
  readonly scope?: 'permanent' | 'dynamic';
  readonly type?: string;
  readonly otherTypes?: readonly string[];
  readonly moid?: string;
  readonly title?: string;
  readonly about?: string;
  readonly defaultValue?: string;
  readonly caseSense?: 'CS' | 'CIS';
  readonly nodes?: Readonly<Record<string, NodeFile>>;
}

interface PayloadFile {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly items?: PayloadFile;
  readonly properties?: Readonly<Record<string, PayloadFile>>;
}

/** Makes the mapping of a file that its schema and `findContradictions` have accepted. */
export function toMapping(file: MappingFile): MoMapping {
  const description = toDescription(file.description ?? {}, rootName(file), 'node');
  const mapping: Mutable<MoMapping> = {
    moid: parseMoid(file.moid),
    name: file.name,
    aliases: (file.aliases ?? []).map(parseMoid),
    dm1Moids: file.find === 'virtual' ? [] : (file.dm1Moids ?? [file.moid]).map(parseMoid),
    find: file.find,
    places: (file.roots ?? []).map(parseMoPlace),
    description,
    renames: toRewrites(file.renames),
    relocated: Object.entries(file.relocated ?? {}).map(([path, locUri]) => ({
      path: parsePattern(path),
      locUri: parseLocUri(locUri),
    })),
    pathAliases: toRewrites(file.pathAliases),
    volatile: (file.volatile ?? []).map(parsePattern),
    hidden: (file.hidden ?? []).map(parsePattern),
    alertTypes: (file.alertTypes ?? []).map(toAlertType),
    minimumAccess: file.minimumAccess ?? false,
  };
  if (file.newInstance !== undefined) {
    const { parent, single = isSingle(description) } = file.newInstance;
    mapping.newInstance = { parent: parseLocUri(parent), single };
  }
  if (file.volatile !== undefined) mapping.knowsVolatile = true;
  if (file.valueLeaf !== undefined) mapping.valueLeaf = file.valueLeaf;
  if (file.cache !== undefined) mapping.cache = toCachePolicy(file.cache);
  if (file.man !== undefined) mapping.man = file.man;
  if (file.mod !== undefined) mapping.mod = file.mod;
  return mapping;
}

/** Finds what is wrong with a file although its schema accepted it. */
export function findContradictions(file: MappingFile): readonly SchemaProblem[] {
  const { find, roots = [], description = {}, renames = {}, pathAliases = {}, relocated = {}, alertTypes = [] } = file;
  return [
    ...findRootFaults(find, roots),
    ...findDescriptionFaults(description, '/description'),
    ...findRewriteFaults(renames, '/renames'),
    ...findRewriteFaults(pathAliases, '/pathAliases'),
    ...findRelocationFaults(relocated),
    ...alertTypes.flatMap(({ json }, at) =>
      json === undefined ? [] : findPayloadFaults(json, `/alertTypes/${at}/json`),
    ),
  ];
}

/** The root is un-named where each instance has a name of its own. */
function rootName({ name, roots = [] }: MappingFile): string {
  return roots.length > 0 && roots.every((root) => root.endsWith('/*')) ? '<x>' : name;
}

function toDescription(file: NodeFile, name: string, formatOfChildless: NodeFormat): NodeDescription {
  const { format, access, occurrence, scope, moid, nodes, ...others } = file;
  const children = Object.entries(nodes ?? {});
  const description: Mutable<NodeDescription> = {
    name: isWildcard(name) ? '' : name,
    format: format ?? (children.length > 0 ? 'node' : formatOfChildless),
    access: access ?? ['Get'],
    occurrence: occurrence ?? 'One',
    scope: scope ?? 'dynamic',
    ...others,
    children: children.map(([childName, child]) => toDescription(child, childName, 'chr')),
  };
  if (moid !== undefined) description.moid = parseMoid(moid);
  return description;
}

function toRewrites(rules: Readonly<Record<string, string>> = {}): readonly Rewrite[] {
  return Object.entries(rules).map(([from, to]) => ({ from: parsePattern(from), to: parsePattern(to) }));
}

function toCachePolicy(cache: 'static' | { readonly ttl: string }): CachePolicy {
  if (cache === 'static') return { policy: 'static' };
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return { policy: 'ttl', seconds: Number(cache.ttl.slice(0, -1)) * (units[cache.ttl.slice(-1)] ?? 1) };
}

function toAlertType({ type, json, exec }: AlertTypeFile): MappedAlertType {
  const alertType: Mutable<MappedAlertType> = { type };
  if (json !== undefined) alertType.json = toPayload(json);
  if (exec !== undefined) alertType.exec = parsePattern(exec);
  return alertType;
}

function toPayload(file: PayloadFile): FragmentSchema {
  if (file.type === 'array') return { type: 'array', items: toPayload(file.items ?? { type: 'string' }) };
  if (file.type !== 'object') return { type: file.type };
  const properties = Object.entries(file.properties ?? {}).map(([name, each]) => [name, toPayload(each)] as const);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

function findRootFaults(find: FindRule, roots: readonly string[]): readonly SchemaProblem[] {
  const faults: SchemaProblem[] = [];
  if ((find === 'fixed' || find === 'place') && roots.length === 0) {
    faults.push({ pointer: '/find', message: `${find} needs roots` });
  }
  if (find === 'virtual' && roots.length > 0) {
    faults.push({ pointer: '/roots', message: 'a virtual MO has no place on the device' });
  }
  for (const [at, root] of roots.entries()) {
    const above = root.split('/').slice(0, -1);
    if (above.some(isWildcard)) faults.push({ pointer: `/roots/${at}`, message: 'only the last segment may be *' });
  }
  return faults;
}

function findDescriptionFaults({ format, nodes = {} }: NodeFile, pointer: string): readonly SchemaProblem[] {
  const faults: SchemaProblem[] = [];
  const names = Object.keys(nodes);
  const isLeaf = format !== undefined && format !== 'node';
  if (isLeaf && names.length > 0) faults.push({ pointer: `${pointer}/nodes`, message: 'a leaf has no child nodes' });
  if (names.filter(isWildcard).length > 1) {
    faults.push({ pointer: `${pointer}/nodes`, message: 'more than one un-named node' });
  }
  for (const [name, child] of Object.entries(nodes)) {
    faults.push(...findDescriptionFaults(child, `${pointer}/nodes/${escapePointer(name)}`));
  }
  return faults;
}

function findRewriteFaults(rules: Readonly<Record<string, string>>, pointer: string): readonly SchemaProblem[] {
  return Object.entries(rules).flatMap(([from, to]) => {
    const message = rewriteFault(parsePattern(from), parsePattern(to));
    return message === undefined ? [] : [{ pointer: `${pointer}/${escapePointer(from)}`, message }];
  });
}

function rewriteFault(from: PathPattern, to: PathPattern): string | undefined {
  if (from.filter(isWildcard).length !== to.filter(isWildcard).length) {
    return 'both sides need the same number of un-named nodes';
  }
  // A listing of the parent must show the node, because the other places where it may be cannot be enumerated.
  const staysInParent = from.slice(0, -1).join('/') === to.slice(0, -1).join('/');
  return from.some(isWildcard) && !staysInParent ? 'below an un-named node only the last name can change' : undefined;
}

function findRelocationFaults(relocated: Readonly<Record<string, string>>): readonly SchemaProblem[] {
  const unnamed = Object.keys(relocated).filter((path) => parsePattern(path).some(isWildcard));
  return unnamed.map((path) => ({
    pointer: `/relocated/${escapePointer(path)}`,
    message: 'a relocated node has a fixed name',
  }));
}

function findPayloadFaults(schema: PayloadFile, pointer: string): readonly SchemaProblem[] {
  const { type, items, properties } = schema;
  const faults: SchemaProblem[] = [];
  if (items !== undefined) {
    if (type !== 'array') faults.push({ pointer: `${pointer}/items`, message: 'only an array has items' });
    faults.push(...findPayloadFaults(items, `${pointer}/items`));
  }
  if (properties !== undefined && type !== 'object') {
    faults.push({ pointer: `${pointer}/properties`, message: 'only an object has properties' });
  }
  for (const [name, property] of Object.entries(properties ?? {})) {
    faults.push(...findPayloadFaults(property, `${pointer}/properties/${escapePointer(name)}`));
  }
  return faults;
}
