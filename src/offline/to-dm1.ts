/**
 * DM 2.0 commands → the SyncML commands that they become for a device whose MOs are where their mappings expect them.
 *
 * A session asks the device first and then sends less; here nothing is known of it, so sub-trees are read and written
 * whole, and documents are those that the caller brings along.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.3; 1.3 §6.6
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { fromPlainItem } from '../dm1/plain-item.ts';
import { type ClientUri, parseClientUri } from '../dm2/client-uri.ts';
import { type Dm2Command, parseCommand } from '../dm2/command.ts';
import { contentBytes } from '../dm2/content.ts';
import { isMediaType } from '../dm2/media-type.ts';
import { parseMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type WireCommand } from '../dm2/package.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { describeNode } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { MoNode } from '../mo/node.ts';
import type { Command, ItemCommandName, SyncmlMessage } from '../syncml/message.ts';
import { fromMoData } from '../translate/mo-data.ts';
import { planWrites, toCommand, type Write } from '../tree/write-plan.ts';
import { fromPage } from './page.ts';
import { type ExpectedTarget, expectedTargetOf } from './places.ts';
import { rightsAddress, toAclItems, toAclTargets } from './rights-to-dm1.ts';
import type { Resource, Warn } from './translation.ts';

/** One message with all commands, as a DM 1.2 Server writes it. */
export function toDm1Message(
  commands: readonly WireCommand[],
  resources: readonly Resource[],
  index: MoIndex,
  warn: Warn,
): SyncmlMessage {
  const drafts = commands.flatMap((wire) => draftsOf(wire, resources, index, warn));
  const header = {
    verDtd: '1.2',
    verProto: 'DM/1.2',
    sessionId: '1',
    msgId: 1,
    target: { locUri: 'device' },
    source: { locUri: 'dmbridge' },
  };
  return { header, commands: drafts.map((draft, at) => toWire(draft, String(at + 1))), final: true };
}

interface Draft {
  readonly name: ItemCommandName | 'Exec' | 'Alert';
  readonly items: readonly PlainItem[];
  /** Of an Alert. */
  readonly code?: number;
}

function toWire({ name, items, code }: Draft, cmdId: string): Command {
  if (name === 'Alert') return { name, cmdId, data: String(code), items: items.map(fromPlainItem) };
  const wire = { cmdId, items: items.map(fromPlainItem) };
  // The report of an Exec names its Correlator; a session chooses one of its own.
  return name === 'Exec' ? { name, ...wire, correlator: cmdId } : { name, ...wire };
}

function draftsOf(wire: WireCommand, resources: readonly Resource[], index: MoIndex, warn: Warn): readonly Draft[] {
  const at = wire.join(' ');
  const command = parseCommand(wire);
  if (command.kind === 'invalid') {
    warn('INVALID', `${command.reason}; its status is ${command.status}`, at);
    return [];
  }
  try {
    return commandDrafts(command, resources, index, warn);
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof MappingError)) throw error;
    warn('INVALID', error.message, at);
    return [];
  }
}

function commandDrafts(
  command: Dm2Command,
  resources: readonly Resource[],
  index: MoIndex,
  warn: Warn,
): readonly Draft[] {
  const read = (clientUri: string) => readDrafts(clientUri, index, warn);
  const change = (name: 'Delete' | 'Exec', clientUri: string): readonly Draft[] => {
    const target = targetOf(clientUri, index, warn);
    return target === undefined ? [] : [{ name, items: [{ target: target.locUri }] }];
  };
  switch (command.kind) {
    case 'GET':
      return read(command.clientUri);
    case 'HPUT':
    case 'HPOST':
      warn('NO_COUNTERPART', 'the bridge itself sends what it read', command.serverUri);
      return command.clientUris.flatMap(read);
    case 'DELETE':
      return change('Delete', command.clientUri);
    case 'EXEC':
      return change('Exec', command.clientUri);
    case 'HGET':
      return hgetDrafts(command.serverUri, command.clientUri, resources, index, warn);
    case 'SHOW':
      return showDrafts(command.serverUri, resources, warn);
    default:
      warn('NO_COUNTERPART', `${command.kind} is the bridge's affair; the device hears nothing of it`, command.kind);
      return [];
  }
}

/** The node; where names are left open, everything from where they begin. */
function targetOf(clientUri: string, index: MoIndex, warn: Warn): ExpectedTarget | undefined {
  if (rightsAddress(clientUri, index) !== undefined) {
    warn('NO_COUNTERPART', 'the bridge makes the DAC MO of ACLs; a device knows no such node', clientUri);
    return undefined;
  }
  const target = expectedTargetOf(index, parseClientUri(clientUri, index));
  if (target === undefined) warn('NO_MAPPING', 'no mapping has that MOID and a usual place', clientUri);
  else if (!target.isWhole) {
    warn('INCOMPLETE', 'which nodes are meant shows on a device; names that are left open are cut off', clientUri);
    return undefined;
  }
  return target;
}

function readDrafts(clientUri: string, index: MoIndex, warn: Warn): readonly Draft[] {
  const rights = rightsAddress(clientUri, index);
  if (rights !== undefined) {
    return toAclTargets(rights, index, warn).map((target) => ({ name: 'Get', items: [{ target }] }));
  }
  const target = expectedTargetOf(index, parseClientUri(clientUri, index));
  if (target === undefined) {
    warn('NO_MAPPING', 'no mapping has that MOID and a usual place', clientUri);
    return [];
  }
  if (!target.isWhole) warn('LOSS', 'more is read than is meant; the bridge chooses among what it gets', clientUri);
  const { mapping, path, locUri, isWhole } = target;
  const format = isWhole ? describeNode(mapping, path)?.format : 'node';
  const isLeaf = format !== undefined && format !== 'node';
  return [{ name: 'Get', items: [{ target: isLeaf ? locUri : `${locUri}?list=StructData` }] }];
}

/** A page that was made of an alert is that alert; what a session makes of others, it sees with them before it. */
function showDrafts(serverUri: string, resources: readonly Resource[], warn: Warn): readonly Draft[] {
  const page = resources.find(({ url }) => url === serverUri);
  const alert = page === undefined ? undefined : fromPage(Buffer.from(contentBytes(page.content)).toString('utf8'));
  if (alert === undefined) {
    warn('INCOMPLETE', 'the page decides which user interaction alerts are sent', serverUri);
    return [];
  }
  return [{ name: 'Alert', ...alert }];
}

function hgetDrafts(
  serverUri: string,
  clientUri: string | undefined,
  resources: readonly Resource[],
  index: MoIndex,
  warn: Warn,
): readonly Draft[] {
  const resource = resources.find(({ url }) => url === serverUri);
  if (resource === undefined) {
    warn('INCOMPLETE', 'what is written stands in the Data Repository', serverUri);
    const target = clientUri === undefined ? undefined : targetOf(clientUri, index, warn);
    return target === undefined ? [] : [{ name: 'Replace', items: [{ target: target.locUri }] }];
  }
  if (isMediaType(resource.contentType, MEDIA_TYPES.moData)) {
    return parseMoData(resource.content).flatMap(({ ClientURI, MOData }) => {
      const rights = rightsAddress(clientUri ?? ClientURI, index);
      if (rights !== undefined) return rightsDrafts(rights, MOData, index, warn);
      const target = targetOf(clientUri ?? ClientURI, index, warn);
      const [entry] = Object.entries(MOData);
      return target === undefined || entry === undefined ? [] : treeDrafts(target, entry, clientUri === undefined);
    });
  }
  const target = clientUri === undefined ? undefined : targetOf(clientUri, index, warn);
  return target === undefined ? [] : [leafDraft(target, resource)];
}

function rightsDrafts(
  uri: ClientUri,
  data: Readonly<Record<string, unknown>>,
  index: MoIndex,
  warn: Warn,
): readonly Draft[] {
  const items = Object.entries(data).flatMap((entry) => toAclItems(uri, entry, index, warn));
  return items.map((item) => ({ name: 'Replace', items: [item] }));
}

function treeDrafts(
  { mapping, root, path }: ExpectedTarget,
  [label, data]: readonly [string, unknown],
  isNew: boolean,
): readonly Draft[] {
  const node = fromMoData(data, path.at(-1) ?? label, (inner) => describeNode(mapping, [...path, ...inner]));
  const type = mapping.dm1Moids[0];
  const typed = path.length === 0 && type !== undefined ? { ...node, type } : node;
  const writes = planWrites({ mapping, root, path }, undefined, typed);
  // Into what is there, leaves are written where they are; what is named at run-time is taken to be new.
  const isAdded = path.length === 0 ? isNew : describeNode(mapping, path)?.name === '';
  const sent = isAdded ? writes : writes.filter((write) => write.node?.format !== 'node').map(toReplace);
  return sent.map(toDraft);
}

function toDraft(write: Write): Draft {
  return { name: write.name, items: toCommand(write).items };
}

function toReplace(write: Write): Write {
  return { ...write, name: 'Replace' };
}

function leafDraft({ mapping, path, locUri }: ExpectedTarget, { contentType, content }: Resource): Draft {
  const described = describeNode(mapping, path)?.format;
  const format = described === undefined || described === 'node' ? ('text' in content ? 'chr' : 'b64') : described;
  const isBinary = format === 'b64' || format === 'bin';
  const bytes = Buffer.from(contentBytes(content));
  const value = isBinary ? bytes.toString('base64') : bytes.toString('utf8');
  const node: MoNode = { name: path.at(-1) ?? '', format, type: contentType, value };
  return toDraft({ name: 'Replace', locUri, node });
}
