/**
 * The naive executor that the real one is held against: one command at a time, straight on the device's tree, nothing
 * remembered, nothing shared. It knows one MO, the DCMO with its instances below ./DCMO.
 */
import { cacheValidator as cacheValidatorInParts } from '../../../src/dm2/cache-validator.ts';
import type { MoNode, NodeFormat } from '../../../src/mo/node.ts';
import { atOnce } from '../../support/at-once.ts';
import { type DeviceNode, interior, leaf, nodeAt } from './device.ts';

const cacheValidator = atOnce(cacheValidatorInParts);

export const MOID = 'urn:oma:mo:oma-dcmo:1.0';
export const PLACE = './DCMO';
const DDF = 'https://bridge.example/ddf/urn:oma:mo:oma-dcmo:1.0.ddf';

type Operation = 'Get' | 'Replace' | 'Delete';
export type Flags = Readonly<Record<string, readonly Operation[]>>;

export interface World {
  readonly tree: DeviceNode;
  /** The commands that the device refuses with 425, by LocURI. */
  readonly flags: Flags;
  /** Without `?list=` a refused leaf shows in the walk. */
  readonly walks: boolean;
  /** Documents by URL. */
  readonly documents: Map<string, StoredDocument>;
  readonly sent: string[];
}

export interface StoredDocument {
  readonly type: string;
  readonly text: string;
}

export interface ReferenceResult {
  readonly status: string;
  /** JSON, or the text of a leaf. */
  readonly data?: string;
}

/** Any status that is an error. */
export const FAILED = 'failed';

class Refusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

interface Found {
  readonly miid: string;
  readonly path: readonly string[];
  readonly node: DeviceNode;
}

interface Address {
  readonly instance: string;
  readonly path: readonly string[];
  readonly level: number;
  readonly conditions: readonly { readonly x: string; readonly path: readonly string[]; readonly value: string }[];
}

/** Carries out one command; the result is its part of Package#3. */
export function runReference(world: World, [name = '', ...parameters]: readonly string[]): ReferenceResult {
  try {
    const [first = '', second] = parameters;
    switch (name) {
      case 'GET':
        return get(world, first);
      case 'DELETE':
        return { status: change(world, first, (node) => remove(world, node)) };
      case 'EXEC':
        return { status: change(world, first, (node) => execute(world, node)) };
      case 'HGET':
        return { status: hget(world, first, second) };
      case 'HPUT':
        return { status: hput(world, first, parameters.slice(1)) };
      default:
        return { status: '501' };
    }
  } catch (error) {
    if (error instanceof Refusal) return { status: String(error.status) };
    throw error;
  }
}

function parse(text: string): Address {
  const [head = '', query = ''] = text.slice(MOID.length + 1).split('?');
  const [instance = '', ...path] = head.split('/').map(decodeURIComponent);
  if (path.at(-1) === '') path.pop();
  const fields = query === '' ? [] : query.split('&').map((field) => field.split('='));
  const conditions = fields.flatMap(([key, value = '']) => {
    if (key !== 'nv') return [];
    const [place = '', wanted = ''] = value.split(':');
    const [x = '', ...names] = place.split('/');
    return [{ x, path: names, value: wanted }];
  });
  const level = Number(fields.find(([key]) => key === 'lv')?.[1] ?? Number.MAX_SAFE_INTEGER);
  return { instance, path, level, conditions };
}

const isX = (name: string): boolean => /^\([a-z]\)$/u.test(name);

function instancesOf({ tree }: World): readonly Found[] {
  const entries = Object.entries(nodeAt(tree, PLACE)?.children ?? {});
  return entries.flatMap(([miid, node]) => (node.children === undefined ? [] : [{ miid, path: [], node }]));
}

function placeOf({ miid, path }: Pick<Found, 'miid' | 'path'>): string {
  return [PLACE, miid, ...path].join('/');
}

function may(world: World, found: Pick<Found, 'miid' | 'path'>, operation: Operation): boolean {
  return world.flags[placeOf(found)]?.includes(operation) !== true;
}

/** The node's sub-tree as the device shows it. */
function view(world: World, found: Found): DeviceNode {
  if (!may(world, found, 'Get')) throw new Refusal(403);
  const { children } = found.node;
  if (children === undefined) return found.node;
  const shown = childrenOf(found).flatMap((child) => {
    if (may(world, child, 'Get')) return [[child.path.at(-1) ?? '', view(world, child)] as const];
    if (world.walks) throw new Refusal(403);
    return [];
  });
  return { ...found.node, children: Object.fromEntries(shown) };
}

function childrenOf({ miid, path, node }: Found): readonly Found[] {
  return Object.entries(node.children ?? {}).map(([name, child]) => ({ miid, path: [...path, name], node: child }));
}

function holds(
  world: World,
  found: Found,
  { x, conditions }: { x: string; conditions: Address['conditions'] },
): boolean {
  return conditions.every((condition) => {
    if (condition.x !== x) return true;
    const at = condition.path.reduce<Found | undefined>(
      (node, name) => (node === undefined ? undefined : childrenOf(node).find(({ path }) => path.at(-1) === name)),
      found,
    );
    return at !== undefined && may(world, at, 'Get') && at.node.value === condition.value;
  });
}

type Resolved = { readonly found: readonly Found[]; readonly metEmpty: boolean };

/** Reads as much as it must, and then decides. */
function resolve(world: World, { instance, path, conditions }: Address): Resolved {
  const all = instancesOf(world);
  let found = all.filter(({ miid }) => instance === '*' || instance === '' || isX(instance) || miid === instance);
  if (isX(instance)) found = found.filter((each) => holds(world, each, { x: instance, conditions }));
  if (instance !== '*' && found.length !== 1) throw new Refusal(404);
  const plain = path.findIndex((name) => name === '*' || isX(name));
  // Before the first pattern everything is read.
  for (const each of found) read(world, each, plain < 0 ? path : path.slice(0, plain));
  let metEmpty = false;
  path.forEach((name) => {
    const next = found.map((each) => {
      const shown = world.walks ? childrenOf(each) : childrenOf(each).filter((child) => may(world, child, 'Get'));
      if (isX(name)) return shown.filter((child) => holds(world, child, { x: name, conditions }));
      if (name !== '*') return (plain < 0 ? childrenOf(each) : shown).filter((child) => child.path.at(-1) === name);
      metEmpty ||= each.node.children !== undefined && shown.length === 0;
      return shown;
    });
    if (isX(name) && next.some((matches) => matches.length > 1)) throw new Refusal(404);
    found = next.flat();
  });
  if (found.length === 0 && !metEmpty) throw new Refusal(404);
  return { found, metEmpty };
}

function read(world: World, root: Found, path: readonly string[]): void {
  const at = path.reduce<Found | undefined>(
    (node, name) => (node === undefined ? undefined : childrenOf(node).find((child) => child.path.at(-1) === name)),
    root,
  );
  if (at !== undefined) view(world, at);
}

function toJson(node: DeviceNode, path: readonly string[], level: number): unknown {
  if (node.children === undefined) {
    if (node.value === undefined) return null;
    const format = describedFormat(path) ?? node.format;
    return format === 'bool' && isBool(node.value) ? node.value === 'true' : node.value;
  }
  if (level === 0) return {};
  const entries = Object.entries(node.children);
  return Object.fromEntries(entries.map(([name, child]) => [name, toJson(child, [...path, name], level - 1)]));
}

function member(world: World, { instance, level }: Address, found: Found): unknown {
  const label = found.path.at(-1) ?? found.miid;
  const isWhole = found.path.length === 0;
  const CV = isWhole ? cacheValidator(toMoNode(found.miid, view(world, found))) : undefined;
  return {
    DDF,
    ClientURI: `${MOID}/${instance === '' ? '' : found.miid}/${found.path.join('/')}`,
    CV,
    MOData: { [label]: toJson(view(world, found), found.path, level) },
  };
}

function toMoNode(name: string, { format, value, children }: DeviceNode): MoNode {
  if (children === undefined) return value === undefined ? { name, format } : { name, format, value };
  return { name, format, children: Object.entries(children).map(([child, node]) => toMoNode(child, node)) };
}

function isLeaf({ node }: Found): boolean {
  return node.children === undefined;
}

function get(world: World, text: string): ReferenceResult {
  const address = parse(text);
  const { found } = resolve(world, address);
  const [first, ...others] = found;
  if (first === undefined) return { status: '204' };
  const isSingle = others.length === 0 && isLeaf(first);
  if (isSingle && first.node.value === undefined) return { status: '204' };
  const hasWildcard = address.instance === '*' || address.path.includes('*');
  if (isSingle && !hasWildcard) return { status: '200', data: view(world, first).value ?? '' };
  return { status: '200', data: JSON.stringify(found.map((each) => member(world, address, each))) };
}

/** All in order; the first failure is the status. */
function change(world: World, text: string, act: (found: Found) => number): string {
  const address = parse(text);
  const statuses = targetsOf(world, address).map(act);
  return String(statuses.find((status) => status >= 300) ?? statuses[0] ?? 404);
}

/** Without pattern nothing is read: the command itself tells whether the node is there. */
function targetsOf(world: World, address: Address): readonly Found[] {
  const { instance, path } = address;
  if (path.some((name) => name === '*' || isX(name))) {
    const { found } = resolve(world, address);
    if (found.length === 0) throw new Refusal(404);
    return found;
  }
  const roots = instancesOf(world).filter((each) => {
    if (isX(instance)) return holds(world, each, { x: instance, conditions: address.conditions });
    return instance === '*' || instance === '' || each.miid === instance;
  });
  if (roots.length === 0 || (roots.length > 1 && instance !== '*')) throw new Refusal(404);
  return roots.map(({ miid }) => {
    const node = nodeAt(world.tree, [PLACE, miid, ...path].join('/'));
    return { miid, path, node: node ?? MISSING };
  });
}

const MISSING: DeviceNode = { format: 'null', type: 'missing' };

function remove(world: World, found: Found): number {
  if (found.node === MISSING) return 404;
  if (!may(world, found, 'Delete')) return 403;
  const names = [found.miid, ...found.path];
  const parent = nodeAt(world.tree, [PLACE, ...names.slice(0, -1)].join('/'));
  delete parent?.children?.[names.at(-1) ?? ''];
  return 200;
}

/** Enable and Disable write what they say; nothing else can be executed. */
function execute(world: World, { miid, path, node }: Found): number {
  if (node === MISSING) return 404;
  const [operations, name] = path;
  if (operations !== 'Operations' || path.length !== 2 || (name !== 'Enable' && name !== 'Disable')) return 405;
  return switchTo(world.tree, miid, name === 'Enable');
}

export function switchTo(tree: DeviceNode, miid: string, on: boolean): number {
  const enabled = nodeAt(tree, `${PLACE}/${miid}/Enabled`);
  if (enabled !== undefined && enabled.children === undefined) enabled.value = String(on);
  return 200;
}

function hput(world: World, url: string, clientUris: readonly string[]): string {
  const members: unknown[] = [];
  const failures: number[] = [];
  let single: Found | undefined;
  for (const text of clientUris) {
    try {
      const address = parse(text);
      const { found } = resolve(world, address);
      if (found.length === 0) throw new Refusal(404);
      const hasWildcard = address.instance === '*' || address.path.includes('*');
      if (found.length === 1 && !hasWildcard) single = found[0];
      members.push(...found.map((each) => member(world, address, each)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failures.push(error.status);
    }
  }
  if (members.length === 0) return failures.includes(403) ? '403' : '404';
  const isOneLeaf = members.length === 1 && failures.length === clientUris.length - 1 && single !== undefined;
  const value = isOneLeaf && single !== undefined && isLeaf(single) ? single.node.value : undefined;
  const document =
    value === undefined
      ? { type: 'application/dmmo+json', text: JSON.stringify(members) }
      : { type: single?.node.type ?? 'text/plain', text: value };
  world.documents.set(url, document);
  world.sent.push(`${url} ${document.type} ${document.text}`);
  return '200';
}

function hget(world: World, url: string, text: string | undefined): string {
  const document = world.documents.get(url);
  if (document === undefined || document.text === '') return '419';
  if (document.type !== 'application/dmmo+json') {
    return text === undefined ? '415' : storeLeaf(world, parse(text), document);
  }
  const members = JSON.parse(document.text) as readonly { ClientURI: string; MOData: Record<string, unknown> }[];
  if (text !== undefined && members.length !== 1) return '415';
  const before = structuredClone(world.tree);
  try {
    const uris = members.flatMap((each) => storeMember(world, text, each, before));
    return text === undefined ? ['200', ...uris].join(' ') : '200';
  } catch (error) {
    restore(world.tree, before);
    // The specification does not say which of several failures counts.
    if (error instanceof Refusal && members.length > 1) return FAILED;
    throw error;
  }
}

function restore(tree: DeviceNode, before: DeviceNode): void {
  tree.children = before.children ?? {};
}

function storeLeaf(world: World, address: Address, { type, text }: StoredDocument): string {
  const before = structuredClone(world.tree);
  try {
    for (const found of targetsOf(world, address)) writeLeaf(world, found, text, type);
  } catch (error) {
    restore(world.tree, before);
    throw error;
  }
  return '200';
}

function writeLeaf(world: World, found: Found, text: string, type: string): void {
  const isReadable = may(world, found, 'Get');
  const known = found.node === MISSING || !isReadable ? undefined : found.node;
  if (known?.children !== undefined) throw new Refusal(415);
  const format = known?.format ?? describedFormat(found.path) ?? 'chr';
  if (format === 'bool' && !isBool(text)) throw new Refusal(415);
  put(world, found, leaf(text, format, type === 'text/plain' ? undefined : type));
}

function put(world: World, found: Found, node: DeviceNode): void {
  const parent = nodeAt(world.tree, placeOf({ miid: found.miid, path: found.path.slice(0, -1) }));
  if (parent === undefined) throw new Refusal(404);
  if (parent.children === undefined) throw new Refusal(403);
  if (found.node !== MISSING && !may(world, found, 'Replace')) throw new Refusal(403);
  if (found.node.children !== undefined) throw new Refusal(403);
  parent.children[found.path.at(-1) ?? ''] = node;
}

function storeMember(
  world: World,
  override: string | undefined,
  { ClientURI, MOData }: { ClientURI: string; MOData: Record<string, unknown> },
  before: DeviceNode,
): readonly string[] {
  const address = parse(override ?? ClientURI);
  const [label = '', data] = Object.entries(MOData)[0] ?? [];
  const { instance, path } = address;
  const exists = nodeAt(before, `${PLACE}/${instance}`)?.children !== undefined;
  const isNew =
    override === undefined && path.length === 0 && (instance === '' || (!isX(instance) && instance !== '*' && !exists));
  if (isNew) {
    const miid = freeName(world.tree, instance === '' ? label : instance);
    const node = toNode(data, undefined, []);
    if (node.children === undefined) throw new Refusal(415);
    const place = nodeAt(world.tree, PLACE);
    if (place?.children === undefined) throw new Refusal(404);
    place.children[miid] = { ...node, type: MOID };
    return [`${MOID}/${miid}/`];
  }
  const targets = targetsOf({ ...world, tree: before }, address);
  for (const target of targets) {
    if (target.node === MISSING && target.path.length === 0) throw new Refusal(404);
    const now = target.node === MISSING ? target : { ...target, node: nodeAt(world.tree, placeOf(target)) ?? MISSING };
    merge(world, now, data);
  }
  return targets.map((found) => `${MOID}/${found.miid}/${found.path.join('/')}`);
}

function freeName(tree: DeviceNode, wanted: string): string {
  const taken = Object.keys(nodeAt(tree, PLACE)?.children ?? {});
  let name = wanted;
  for (let count = 2; taken.includes(name); count += 1) name = `${wanted}${count}`;
  return name;
}

/** The document replaces the readable nodes. */
function merge(world: World, found: Found, data: unknown): void {
  const known = found.node === MISSING ? undefined : view(world, found);
  const desired = toNode(data, known, found.path);
  if (known === undefined) {
    put(world, found, desired);
    return;
  }
  if (desired.children === undefined) {
    if (known.type !== undefined) desired.type = known.type;
    if (known.value !== desired.value) put(world, found, desired);
    return;
  }
  const wanted = desired.children;
  for (const child of childrenOf({ ...found, node: known })) {
    if (!Object.hasOwn(wanted, child.path.at(-1) ?? '') && remove(world, child) !== 200) throw new Refusal(403);
  }
  for (const [name, value] of Object.entries(data as Record<string, unknown>)) {
    const path = [...found.path, name];
    const child = { miid: found.miid, path, node: nodeAt(world.tree, placeOf({ ...found, path })) ?? MISSING };
    if (child.node !== MISSING && !may(world, child, 'Get')) put(world, child, toNode(value, undefined, path));
    else merge(world, child, value);
  }
}

function toNode(data: unknown, known: DeviceNode | undefined, path: readonly string[]): DeviceNode {
  const format = known?.format ?? describedFormat(path) ?? (typeof data === 'boolean' ? 'bool' : undefined);
  if (typeof data === 'object' && data !== null) {
    if (format !== undefined && format !== 'node') throw new Refusal(415);
    const entries = Object.entries(data).map(([name, value]) => {
      return [name, toNode(value, known?.children?.[name], [...path, name])] as const;
    });
    return interior(Object.fromEntries(entries));
  }
  if (format === 'node') throw new Refusal(415);
  if (data === null) {
    const isNull = format === undefined || format === 'null' || (known !== undefined && known.value === undefined);
    if (!isNull) throw new Refusal(415);
    return leaf(undefined, format ?? 'null');
  }
  const isWrong = typeof data === 'boolean' ? format !== 'bool' : format === 'bool' && !isBool(String(data));
  if (isWrong) throw new Refusal(415);
  return leaf(String(data), format ?? 'chr');
}

/** The nodes of the MO's definition that the tests use. */
function describedFormat(path: readonly string[]): NodeFormat | undefined {
  const place = path.join('/');
  if (place === '' || place === 'Ext' || place === 'Operations') return 'node';
  if (place === 'Enabled') return 'bool';
  if (place === 'Operations/Enable' || place === 'Operations/Disable') return 'null';
  return path.length === 1 && ['Property', 'Group', 'Description'].includes(place) ? 'chr' : undefined;
}

function isBool(text: string): boolean {
  return /^(true|false)$/u.test(text);
}
