/**
 * A mapping file as it stands in YAML, and the mapping it makes: defaults filled in, paths split, rules checked that a
 * JSON Schema cannot say. Knows no file system; problems carry JSON Pointers, `load.ts` turns them into lines.
 */
import type { SchemaProblem } from '../json-schema.ts';
import type { NodeFormat } from '../mo/node.ts';
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
import { isWildcard, parsePattern, type Rewrite } from './path-pattern.ts';

/** What `mappings/schema/mo.schema.json` lets through. */
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

/** Makes the mapping of a file that its schema has let through. */
export function toMapping(file: MappingFile): MoMapping {
  const description = toDescription(file.description ?? {}, rootName(file), 'node');
  return {
    moid: file.moid,
    name: file.name,
    aliases: file.aliases ?? [],
    dm1Moids: file.find === 'virtual' ? [] : (file.dm1Moids ?? [file.moid]),
    find: file.find,
    roots: file.roots ?? [],
    ...(file.newInstance === undefined
      ? {}
      : {
          newInstance: {
            parent: file.newInstance.parent,
            single: file.newInstance.single ?? /^(One|ZeroOrOne)$/.test(description.occurrence),
          },
        }),
    description,
    renames: toRewrites(file.renames),
    relocated: Object.entries(file.relocated ?? {}).map(([path, locUri]) => ({ path: parsePattern(path), locUri })),
    pathAliases: toRewrites(file.pathAliases),
    volatile: (file.volatile ?? []).map(parsePattern),
    ...(file.volatile === undefined ? {} : { knowsVolatile: true }),
    hidden: (file.hidden ?? []).map(parsePattern),
    ...(file.cache === undefined ? {} : { cache: toCachePolicy(file.cache) }),
    alertTypes: (file.alertTypes ?? []).map(toAlertType),
    ...(file.man === undefined ? {} : { man: file.man }),
    ...(file.mod === undefined ? {} : { mod: file.mod }),
    minimumAccess: file.minimumAccess ?? false,
  };
}

/** What is wrong with a file although its schema let it through. */
export function findContradictions(file: MappingFile): readonly SchemaProblem[] {
  return [
    ...((file.find === 'fixed' || file.find === 'place') && (file.roots ?? []).length === 0
      ? [{ pointer: '/find', message: `${file.find} needs roots` }]
      : []),
    ...(file.find === 'virtual' && (file.roots ?? []).length > 0
      ? [{ pointer: '/roots', message: 'an MO that the bridge makes has no place on the device' }]
      : []),
    ...findInnerWildcards(file.roots ?? []),
    ...findDescriptionFaults(file.description ?? {}, '/description'),
    ...findRewriteFaults(file.renames ?? {}, '/renames'),
    ...findRewriteFaults(file.pathAliases ?? {}, '/pathAliases'),
    ...Object.keys(file.relocated ?? {}).flatMap((path) =>
      parsePattern(path).some(isWildcard)
        ? [{ pointer: `/relocated/${escapePointer(path)}`, message: 'a relocated node has a fixed name' }]
        : [],
    ),
    ...(file.alertTypes ?? []).flatMap(({ json }, at) =>
      json === undefined ? [] : findPayloadFaults(json, `/alertTypes/${at}/json`),
    ),
  ];
}

/** A root is un-named where every instance has a name of its own. */
function rootName({ name, roots = [] }: MappingFile): string {
  return roots.length > 0 && roots.every((root) => root.endsWith('/*')) ? '<x>' : name;
}

function toDescription(file: NodeFile, name: string, formatOfChildless: NodeFormat): NodeDescription {
  const { format, access, occurrence, scope, nodes, ...others } = file;
  const children = Object.entries(nodes ?? {});
  return {
    name: isWildcard(name) ? '' : name,
    format: format ?? (children.length > 0 ? 'node' : formatOfChildless),
    access: access ?? ['Get'],
    occurrence: occurrence ?? 'One',
    scope: scope ?? 'dynamic',
    ...others,
    children: children.map(([childName, child]) => toDescription(child, childName, 'chr')),
  };
}

function toRewrites(rules: Readonly<Record<string, string>> = {}): readonly Rewrite[] {
  return Object.entries(rules).map(([from, to]) => ({ from: parsePattern(from), to: parsePattern(to) }));
}

function toCachePolicy(cache: 'static' | { readonly ttl: string }): CachePolicy {
  if (cache === 'static') return { policy: 'static' };
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
  return { policy: 'ttl', seconds: Number(cache.ttl.slice(0, -1)) * (units[cache.ttl.slice(-1)] ?? 1) };
}

function toAlertType(file: AlertTypeFile): MappedAlertType {
  return {
    type: file.type,
    ...(file.json === undefined ? {} : { json: toPayload(file.json) }),
    ...(file.exec === undefined ? {} : { exec: parsePattern(file.exec) }),
  };
}

function toPayload(file: PayloadFile): FragmentSchema {
  if (file.type === 'array') return { type: 'array', items: toPayload(file.items ?? { type: 'string' }) };
  if (file.type !== 'object') return { type: file.type };
  const properties = Object.entries(file.properties ?? {}).map(([name, each]) => [name, toPayload(each)] as const);
  return { type: 'object', properties: Object.fromEntries(properties) };
}

function findInnerWildcards(roots: readonly string[]): readonly SchemaProblem[] {
  return roots.flatMap((root, at) =>
    root.split('/').slice(0, -1).some(isWildcard)
      ? [{ pointer: `/roots/${at}`, message: 'only the last segment may be *' }]
      : [],
  );
}

function findDescriptionFaults(node: NodeFile, pointer: string): readonly SchemaProblem[] {
  const children = Object.entries(node.nodes ?? {});
  const isLeaf = node.format !== undefined && node.format !== 'node';
  return [
    ...(isLeaf && children.length > 0 ? [{ pointer: `${pointer}/nodes`, message: 'a leaf has no child nodes' }] : []),
    ...(children.filter(([name]) => isWildcard(name)).length > 1
      ? [{ pointer: `${pointer}/nodes`, message: 'more than one un-named node' }]
      : []),
    ...children.flatMap(([name, child]) => findDescriptionFaults(child, `${pointer}/nodes/${escapePointer(name)}`)),
  ];
}

function findRewriteFaults(rules: Readonly<Record<string, string>>, pointer: string): readonly SchemaProblem[] {
  return Object.entries(rules).flatMap(([from, to]) => {
    const at = `${pointer}/${escapePointer(from)}`;
    const [source, target] = [parsePattern(from), parsePattern(to)];
    if (source.filter(isWildcard).length !== target.filter(isWildcard).length) {
      return [{ pointer: at, message: 'both sides need the same number of un-named nodes' }];
    }
    // A listing of the parent must show the node, for nobody can enumerate where else it may be.
    const staysInParent = source.slice(0, -1).join('/') === target.slice(0, -1).join('/');
    return source.some(isWildcard) && !staysInParent
      ? [{ pointer: at, message: 'below an un-named node only the last name can change' }]
      : [];
  });
}

function findPayloadFaults(schema: PayloadFile, pointer: string): readonly SchemaProblem[] {
  const faults: SchemaProblem[] = [];
  if (schema.items !== undefined && schema.type !== 'array') {
    faults.push({ pointer: `${pointer}/items`, message: 'only an array has items' });
  }
  if (schema.properties !== undefined && schema.type !== 'object') {
    faults.push({ pointer: `${pointer}/properties`, message: 'only an object has properties' });
  }
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
    findPayloadFaults(each, `${pointer}/properties/${escapePointer(name)}`),
  );
  return [
    ...faults,
    ...(schema.items === undefined ? [] : findPayloadFaults(schema.items, `${pointer}/items`)),
    ...inner,
  ];
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
