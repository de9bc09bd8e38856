/**
 * A model of a DM 1.x device as the executor sees it: a management tree that executes commands at once, by the rules of
 * DMREPPRO and DM-TND, with the restrictions that real devices have.
 */
import type { PlainItem } from '../../../src/dm1/plain-item.ts';
import type { CommandOutcome, ServerCommand, ServerCommandName } from '../../../src/dm1/server-command.ts';
import { parseLocUri } from '../../../src/mo/loc-uri.ts';
import type { MoNode, NodeFormat } from '../../../src/mo/node.ts';
import type { Mutable } from '../../../src/mutable.ts';
import { formatTnds, parseTnds } from '../../../src/xml-data/tnds.ts';

export interface DeviceNode {
  format: NodeFormat;
  type?: string;
  value?: string;
  /** Present exactly on interior nodes. */
  children?: Record<string, DeviceNode>;
}

export interface DeviceOptions {
  /** The `?list=` attributes that the device supports. */
  readonly lists?: readonly ('Struct' | 'StructData' | 'TNDS')[];
  /** Makes the item of `?list=TNDS`; as escaped text when absent. */
  readonly document?: (tree: MoNode, locUri: string) => Pick<PlainItem, 'meta' | 'data'>;
  /** The status for all other attributes; `ignored`: the device executes a plain Get. */
  readonly listRefusal?: 404 | 405 | 406 | 500 | 'ignored';
  /** True when `?prop=Type` works. */
  readonly types?: boolean;
  /** Status for a command at a LocURI, before any other check. */
  readonly refuse?: Readonly<Record<string, Partial<Record<ServerCommandName, number>>>>;
  /** The effect of an Exec and its status; other nodes are not executable. */
  readonly exec?: Readonly<Record<string, (tree: DeviceNode) => number>>;
  /**
   * The treatment of an Atomic; that of DMREPPRO when absent. `unknown`: 406. `silent`: no Status, and nothing is done.
   * `kept`: the members are executed, with no Status for the Atomic. `tooLarge`: 517. `stuck`: the roll-back fails (516).
   */
  readonly atomic?: 'unknown' | 'silent' | 'kept' | 'tooLarge' | 'stuck';
  /** With `stuck`: the roll-back works although its Status is 516. */
  readonly unstuck?: boolean;
  /** Statuses for the next Atomics, whose members are not run. */
  readonly atomicStatuses?: number[];
  /** True when it accepts TNDS documents. */
  readonly documents?: boolean;
  /** Most characters of data that it accepts without chunks. */
  readonly maxMsgSize?: number;
  /** Statuses for the next commands; undefined: the command is executed. */
  readonly next?: (number | undefined)[];
}

export interface ModelDevice {
  readonly tree: DeviceNode;
  /** Every command executed, such as `Get ./DevInfo/Lang`. */
  readonly log: string[];
  readonly commands: ServerCommand[];
  execute(command: ServerCommand): CommandOutcome;
}

/** A leaf, of the format chr and the type text/plain by default. */
export function leaf(value?: string, format: NodeFormat = 'chr', type?: string): DeviceNode {
  const node: DeviceNode = { format };
  if (value !== undefined) node.value = value;
  if (type !== undefined) node.type = type;
  return node;
}

export function interior(children: Record<string, DeviceNode> = {}, type?: string): DeviceNode {
  const node: DeviceNode = { format: 'node', children };
  if (type !== undefined) node.type = type;
  return node;
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
  // The DM 1.x machine refuses the command itself: the device does not see it.
  if (isLong && command.undivided === true) return { ...answered(command, 413), unsent: true };
  log.push(`${command.name} ${item.target ?? ''}`);
  const forced = options.next?.shift();
  const outcome = forced === undefined ? run(tree, options, command.name, item) : { status: forced };
  return { ...answered(command, 200), ...outcome };
}

/** The outcome as the DM 1.x machine reports it, which includes members without a Status. */
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
  const reported = outcomes.map((outcome) =>
    outcome.status < 213 ? { ...outcome, status: isStuck ? 516 : 216 } : outcome,
  );
  return { ...answered(command, 507), members: reported };
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
  const result: Mutable<PlainItem> = { source: locUri, meta: metaOf(node) };
  if (data !== undefined) result.data = data;
  return { status: 200, results: [result] };
}

/** The readable nodes of a sub-tree. */
function listing(node: DeviceNode, locUri: string, options: DeviceOptions, withData: boolean): readonly PlainItem[] {
  if (options.refuse?.[locUri]?.Get !== undefined) return [];
  const own: Mutable<PlainItem> = { source: locUri, meta: metaOf(node) };
  if (withData && node.value !== undefined) own.data = node.value;
  const below = Object.entries(node.children ?? {}).flatMap(([name, child]) =>
    listing(child, `${locUri}/${name}`, options, withData),
  );
  return [own, ...below];
}

export const TNDS_META = { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' };

/** The readable nodes of a sub-tree, as a TNDS document has them. */
function shownTree({ format, type, value, children }: DeviceNode, locUri: string, options: DeviceOptions): MoNode {
  const shown = Object.entries(children ?? {})
    .map(([name, child]) => [`${locUri}/${name}`, child] as const)
    .filter(([place]) => options.refuse?.[place]?.Get === undefined)
    .map(([place, child]) => shownTree(child, place, options));
  const name = locUri.slice(locUri.lastIndexOf('/') + 1);
  const node: Mutable<MoNode> = { name, format: format === 'bin' ? 'b64' : format };
  if (type !== undefined) node.type = type;
  if (value !== undefined) node.value = value;
  if (children !== undefined) node.children = shown;
  return node;
}

/** Meta without the defaults chr and text/plain, as devices write it. */
function metaOf({ format, type }: DeviceNode): NonNullable<PlainItem['meta']> {
  const shown = format === 'bin' ? 'b64' : format;
  const meta: Mutable<NonNullable<PlainItem['meta']>> = {};
  if (shown !== 'chr') meta.format = shown;
  if (type !== undefined && type !== 'text/plain') meta.type = type;
  return meta;
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

/** Adds the document below the Target, all of it or nothing. */
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
  const meta: Mutable<NonNullable<PlainItem['meta']>> = { format };
  if (type !== undefined) meta.type = type;
  const item: Mutable<PlainItem> = { meta };
  if (value !== undefined) item.data = value;
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

/** The node that an Add or Replace makes; without Meta it is chr and text/plain. */
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
