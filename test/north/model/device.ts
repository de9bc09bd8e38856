/**
 * A DM 1.x device as the executor sees it: a management tree that answers commands at once, as RepPro and DM-TND say,
 * with the omissions that devices allow themselves.
 */
import type { PlainItem } from '../../../src/dm1/plain-item.ts';
import type { CommandOutcome, ServerCommand, ServerCommandName } from '../../../src/dm1/server-command.ts';
import { parseLocUri } from '../../../src/mo/loc-uri.ts';
import type { MoNode, NodeFormat } from '../../../src/mo/node.ts';
import { formatTnds, parseTnds } from '../../../src/xml-data/tnds.ts';

export interface DeviceNode {
  format: NodeFormat;
  type?: string;
  value?: string;
  /** Present exactly on interior nodes. */
  children?: Record<string, DeviceNode>;
}

export interface DeviceOptions {
  /** Which `?list=` attributes work. */
  readonly lists?: readonly ('Struct' | 'StructData' | 'TNDS')[];
  /** How the document of `?list=TNDS` goes into Data; as escaped text when absent. */
  readonly document?: (tree: MoNode, locUri: string) => Pick<PlainItem, 'meta' | 'data'>;
  /** What the others are answered; `ignored`: as if there were no query. */
  readonly listRefusal?: 404 | 405 | 406 | 500 | 'ignored';
  /** Whether `?prop=Type` works. */
  readonly types?: boolean;
  /** Status for a command at a LocURI, before anything else is looked at. */
  readonly refuse?: Readonly<Record<string, Partial<Record<ServerCommandName, number>>>>;
  /** What an Exec does; nodes that are not named are not executable. */
  readonly exec?: Readonly<Record<string, (tree: DeviceNode) => number>>;
  /**
   * What it makes of an Atomic; as RepPro says when absent. `unknown`: 406; `silent`: not a word, and nothing done; `kept`:
   * runs the members and says nothing of the Atomic; `tooLarge`: 517; `stuck`: what was added or written before stays (516).
   */
  readonly atomic?: 'unknown' | 'silent' | 'kept' | 'tooLarge' | 'stuck';
  /** With `stuck`: that the roll-back failed is only what it says. */
  readonly unstuck?: boolean;
  /** Statuses for the next Atomics, whose members are not run. */
  readonly atomicStatuses?: number[];
  /** Takes TNDS documents. */
  readonly documents?: boolean;
  /** Largest data of a command that it takes without chunks. */
  readonly maxMsgSize?: number;
  /** Statuses for the next commands, whatever they are; undefined: as usual. */
  readonly next?: (number | undefined)[];
}

export interface ModelDevice {
  readonly tree: DeviceNode;
  /** Every command executed, such as `Get ./DevInfo/Lang`. */
  readonly log: string[];
  readonly commands: ServerCommand[];
  execute(command: ServerCommand): CommandOutcome;
}

/** A leaf; format chr and type text/plain when nothing else is said. */
export function leaf(value?: string, format: NodeFormat = 'chr', type?: string): DeviceNode {
  return { format, ...(value === undefined ? {} : { value }), ...(type === undefined ? {} : { type }) };
}

export function interior(children: Record<string, DeviceNode> = {}, type?: string): DeviceNode {
  return { format: 'node', children, ...(type === undefined ? {} : { type }) };
}

/** The node at a LocURI. */
export function nodeAt(tree: DeviceNode, locUri: string): DeviceNode | undefined {
  const names = locUri.split('/').slice(1);
  return names.reduce<DeviceNode | undefined>((at, name) => {
    return at?.children !== undefined && Object.hasOwn(at.children, name) ? at.children[name] : undefined;
  }, tree);
}

export function modelDevice(tree: DeviceNode, options: DeviceOptions = {}): ModelDevice {
  const log: string[] = [];
  const commands: ServerCommand[] = [];
  return {
    tree,
    log,
    commands,
    execute(command) {
      commands.push(command);
      return executeOn({ tree, options, log }, command);
    },
  };
}

interface Running {
  readonly tree: DeviceNode;
  readonly options: DeviceOptions;
  readonly log: string[];
}

function executeOn(running: Running, command: ServerCommand): CommandOutcome {
  if (command.members !== undefined) return executeAtomic(running, command, command.members);
  const { tree, options, log } = running;
  const [item = {}] = command.items;
  const isLong = (item.data ?? '').length > (options.maxMsgSize ?? Number.MAX_SAFE_INTEGER);
  // The engine's own answer: the device never sees it.
  if (isLong && command.undivided === true) return { ...answered(command, 413), unsent: true };
  log.push(`${command.name} ${item.target ?? ''}`);
  const forced = options.next?.shift();
  return {
    ...answered(command, 200),
    ...(forced === undefined ? run(tree, options, command.name, item) : { status: forced }),
  };
}

/** As the engine reads it: members without Status included (reference: syncml §7). */
function executeAtomic(running: Running, command: ServerCommand, members: readonly ServerCommand[]): CommandOutcome {
  const { tree, options } = running;
  const all = (status: number, own: number) => ({
    ...answered(command, own),
    members: members.map((member) => answered(member, status)),
  });
  const forced = options.atomicStatuses?.shift();
  if (forced !== undefined) return all(215, forced);
  if (options.atomic === 'unknown') return all(215, 406);
  if (options.atomic === 'silent') return all(500, 500);
  if (options.atomic === 'tooLarge') return all(215, 517);
  const before = structuredClone(tree.children);
  const outcomes: CommandOutcome[] = [];
  for (const member of members) {
    const isOver = outcomes.some(({ status }) => status >= 300) && options.atomic !== 'kept';
    outcomes.push(isOver ? answered(member, 215) : executeOn(running, member));
  }
  const failed = outcomes.find(({ status }) => status >= 300);
  if (failed === undefined) return { ...answered(command, 200), members: outcomes };
  if (options.atomic === 'kept') return { ...answered(command, failed.status), members: outcomes };
  const isStuck = options.atomic === 'stuck';
  if ((!isStuck || options.unstuck === true) && before !== undefined) tree.children = before;
  const told = outcomes.map((outcome) =>
    outcome.status < 213 ? { ...outcome, status: isStuck ? 516 : 216 } : outcome,
  );
  return { ...answered(command, 507), members: told };
}

function answered({ id }: ServerCommand, status: number): CommandOutcome {
  return { id, status, itemStatuses: [], statusItems: [], results: [] };
}

type Answer = Pick<CommandOutcome, 'status'> & Partial<Pick<CommandOutcome, 'results'>>;

function run(tree: DeviceNode, options: DeviceOptions, name: ServerCommandName, item: PlainItem): Answer {
  const [locUri = '', query = ''] = (item.target ?? '').split('?');
  const refused = options.refuse?.[locUri]?.[name];
  const node = nodeAt(tree, locUri);
  if (refused !== undefined && (node !== undefined || name === 'Add')) return { status: refused };
  switch (name) {
    case 'Get':
      return get(tree, options, locUri, query);
    case 'Add':
      if (item.meta?.type === TNDS_META.type) return { status: addDocument(tree, options, locUri, item) };
      return { status: add(tree, locUri, item) };
    case 'Replace':
      return { status: replace(node, item) };
    case 'Delete':
      return { status: remove(tree, locUri) };
    case 'Exec':
      return { status: node === undefined ? 404 : (options.exec?.[locUri]?.(tree) ?? 405) };
    default:
      return { status: 406 };
  }
}

function get(tree: DeviceNode, options: DeviceOptions, locUri: string, query: string): Answer {
  const node = nodeAt(tree, locUri);
  const [name, value] = query.split('=');
  const { lists = ['Struct', 'StructData'], listRefusal = 406 } = options;
  if (name === 'list' && !lists.some((list) => list === value) && listRefusal !== 'ignored') {
    return { status: listRefusal };
  }
  if (node === undefined) return { status: 404 };
  if (name === 'prop') {
    if (value !== 'Type' || options.types === false) return { status: 406 };
    const type = node.type ?? (node.children === undefined ? 'text/plain' : '');
    return { status: 200, results: [{ source: `${locUri}?${query}`, data: type }] };
  }
  if (name === 'list' && value === 'TNDS' && lists.includes('TNDS')) {
    if (options.refuse?.[locUri]?.Get !== undefined) return { status: 425 };
    const tree = shownTree(node, locUri, options);
    const document = options.document?.(tree, locUri) ?? { meta: TNDS_META, data: formatTnds(tree) };
    return { status: 200, results: [{ source: locUri, ...document }] };
  }
  if (name === 'list' && lists.some((list) => list === value)) {
    return { status: 200, results: listing(node, locUri, options, value === 'StructData') };
  }
  const data = node.children === undefined ? node.value : Object.keys(node.children).join('/');
  return { status: 200, results: [{ source: locUri, meta: metaOf(node), ...(data === undefined ? {} : { data }) }] };
}

/** What may not be read does not show. */
function listing(node: DeviceNode, locUri: string, options: DeviceOptions, withData: boolean): readonly PlainItem[] {
  if (options.refuse?.[locUri]?.Get !== undefined) return [];
  const data = withData && node.value !== undefined ? { data: node.value } : {};
  const below = Object.entries(node.children ?? {}).flatMap(([name, child]) =>
    listing(child, `${locUri}/${name}`, options, withData),
  );
  return [{ source: locUri, meta: metaOf(node), ...data }, ...below];
}

export const TNDS_META = { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' };

/** What may be read, as a document has it. */
function shownTree({ format, type, value, children }: DeviceNode, locUri: string, options: DeviceOptions): MoNode {
  const shown = Object.entries(children ?? {})
    .map(([name, child]) => [`${locUri}/${name}`, child] as const)
    .filter(([place]) => options.refuse?.[place]?.Get === undefined)
    .map(([place, child]) => shownTree(child, place, options));
  return {
    name: locUri.slice(locUri.lastIndexOf('/') + 1),
    format: format === 'bin' ? 'b64' : format,
    ...(type === undefined ? {} : { type }),
    ...(value === undefined ? {} : { value }),
    ...(children === undefined ? {} : { children: shown }),
  };
}

/** Meta is left out where it is chr, text/plain, as devices do. */
function metaOf({ format, type }: DeviceNode): NonNullable<PlainItem['meta']> {
  const shown = format === 'bin' ? 'b64' : format;
  return {
    ...(shown === 'chr' ? {} : { format: shown }),
    ...(type === undefined || type === 'text/plain' ? {} : { type }),
  };
}

function add(tree: DeviceNode, locUri: string, item: PlainItem): number {
  if (nodeAt(tree, locUri) !== undefined) return 418;
  const at = locUri.lastIndexOf('/');
  const parent = nodeAt(tree, locUri.slice(0, at));
  if (parent === undefined) return 404;
  if (parent.children === undefined) return 405;
  const node = newNode(item);
  if (node === undefined) return 415;
  parent.children[locUri.slice(at + 1)] = node;
  return 200;
}

/** Below the Target, all or nothing. */
function addDocument(tree: DeviceNode, options: DeviceOptions, parent: string, { data = '' }: PlainItem): number {
  if (options.documents !== true) return 415;
  const { locUri, root } = parseTnds(data, parseLocUri(parent));
  const before = structuredClone(tree.children);
  const status = addTree(tree, options, locUri, root);
  if (status >= 300 && before !== undefined) tree.children = before;
  return status;
}

function addTree(tree: DeviceNode, options: DeviceOptions, locUri: string, node: MoNode): number {
  const { format, type, value, children = [] } = node;
  const item = { meta: { format, ...(type !== undefined && { type }) }, ...(value !== undefined && { data: value }) };
  const status = options.refuse?.[locUri]?.Add ?? add(tree, locUri, item);
  return children.reduce(
    (code, child) => (code >= 300 ? code : addTree(tree, options, `${locUri}/${child.name}`, child)),
    status,
  );
}

function replace(node: DeviceNode | undefined, item: PlainItem): number {
  if (node === undefined) return 404;
  if (node.children !== undefined) return 405;
  const made = newNode(item);
  if (made === undefined || made.children !== undefined) return 415;
  delete node.value;
  delete node.type;
  Object.assign(node, made);
  return 200;
}

/** An omitted Meta means chr, text/plain; that is what a writer gets who omits it. */
function newNode({ meta, data }: PlainItem): DeviceNode | undefined {
  const format = (meta?.format ?? 'chr') as NodeFormat;
  if (format === 'node') return interior({}, meta?.type);
  if (format !== 'null' && data === undefined) return undefined;
  const type = meta?.type === undefined || meta.type === 'text/plain' ? undefined : meta.type;
  return leaf(data, format === 'b64' ? 'bin' : format, type);
}

function remove(tree: DeviceNode, locUri: string): number {
  const at = locUri.lastIndexOf('/');
  if (nodeAt(tree, locUri) === undefined) return 404;
  if (at < 0) return 405;
  delete nodeAt(tree, locUri.slice(0, at))?.children?.[locUri.slice(at + 1)];
  return 200;
}
