/**
 * DM 2.0 commands → the SyncML commands for a device whose MOs are where their mappings expect them.
 *
 * A session reads parts of the device's tree first, and then sends fewer commands. Here the tree is not known: whole sub-trees
 * are read and written, and the documents of HGET and SHOW are those that come with the commands.
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
import { finish } from '../long-work.ts';
import { describeNode } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { isBinaryFormat, type MoNode } from '../mo/node.ts';
import type { Command, ItemCommandName, SyncmlMessage } from '../syncml/message.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import { descriptionsAt, fromMoData } from '../translate/mo-data.ts';
import { planWrites, toCommand, type Write } from '../tree/write-plan.ts';
import { type ExpectedTarget, expectedTargetOf } from './expected-nodes.ts';
import { fromPage } from './page.ts';
import { rightsAddress, toAclItems, toAclTargets } from './rights-to-dm1.ts';
import type { Resource, Translator, Warn } from './translation.ts';

/** One message with all commands, as a DM 1.2 Server sends it. */
export function toDm1Message(
  commands: readonly WireCommand[],
  resources: readonly Resource[],
  index: MoIndex,
  warn: Warn,
): SyncmlMessage {
  const drafts = commands.flatMap((wire) => draftsOf(wire, { resources, index, warn }));
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

interface Dm1Translator extends Translator {
  readonly resources: readonly Resource[];
}

/** A command without an id. */
interface Draft {
  readonly name: ItemCommandName | 'Exec' | 'Alert';
  readonly items: readonly PlainItem[];
  /** Present for Alert only. */
  readonly code?: number;
}

function toWire({ name, items, code }: Draft, cmdId: string): Command {
  if (name === 'Alert') return { name, cmdId, data: String(code), items: items.map(fromPlainItem) };
  const wire = { cmdId, items: items.map(fromPlainItem) };
  // In a session, the report of an Exec has the Correlator that the bridge has chosen.
  return name === 'Exec' ? { name, ...wire, correlator: cmdId } : { name, ...wire };
}

function draftsOf(wire: WireCommand, translator: Dm1Translator): readonly Draft[] {
  const at = wire.join(' ');
  const command = parseCommand(wire);
  if (command.kind === 'invalid') {
    translator.warn('INVALID', `${command.reason}; its status is ${command.status}`, at);
    return [];
  }
  try {
    const drafts = commandDrafts(command, translator);
    if (drafts.every(isXmlDraft)) return drafts;
    throw new MappingError('ERR_MO_DATA_SHAPE', 'a name or value that XML cannot hold');
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof MappingError)) throw error;
    translator.warn('INVALID', error.message, at);
    return [];
  }
}

function isXmlDraft({ items }: Draft): boolean {
  return items.every(({ target = '', data = '', meta }) => [target, data, meta?.type ?? ''].every(isXmlText));
}

function commandDrafts(command: Dm2Command, translator: Dm1Translator): readonly Draft[] {
  const { warn } = translator;
  switch (command.kind) {
    case 'GET':
      return readDrafts(command.clientUri, translator);
    case 'HPUT':
    case 'HPOST':
      warn('NO_COUNTERPART', 'the bridge itself sends the data that it has read', command.serverUri);
      return command.clientUris.flatMap((clientUri) => readDrafts(clientUri, translator));
    case 'DELETE':
      return nodeDrafts('Delete', command.clientUri, translator);
    case 'EXEC':
      return nodeDrafts('Exec', command.clientUri, translator);
    case 'HGET':
      return hgetDrafts(command.serverUri, command.clientUri, translator);
    case 'SHOW':
      return showDrafts(command.serverUri, translator);
    default:
      warn(
        'NO_COUNTERPART',
        `the bridge itself executes ${command.kind}; it sends the device no command`,
        command.kind,
      );
      return [];
  }
}

/** The node for a ClientURI without x-names and wildcards. */
function targetOf(clientUri: string, { index, warn }: Translator): ExpectedTarget | undefined {
  if (rightsAddress(clientUri, index) !== undefined) {
    warn('NO_COUNTERPART', 'the DAC MO is a view of ACLs; the device has no such node', clientUri);
    return undefined;
  }
  const target = expectedTargetOf(index, parseClientUri(clientUri, index));
  if (target === undefined) {
    warn('NO_MAPPING', 'no mapping has that MOID and a place', clientUri);
    return undefined;
  }
  if (target.isExact) return target;
  warn('INCOMPLETE', 'only a device shows which nodes an x-name or a wildcard means', clientUri);
  return undefined;
}

function nodeDrafts(name: 'Delete' | 'Exec', clientUri: string, translator: Translator): readonly Draft[] {
  const target = targetOf(clientUri, translator);
  return target === undefined ? [] : [{ name, items: [{ target: target.locUri }] }];
}

function readDrafts(clientUri: string, translator: Translator): readonly Draft[] {
  const { index, warn } = translator;
  const rights = rightsAddress(clientUri, index);
  if (rights !== undefined) {
    return toAclTargets(rights, translator).map((target) => ({ name: 'Get', items: [{ target }] }));
  }
  const target = expectedTargetOf(index, parseClientUri(clientUri, index));
  if (target === undefined) {
    warn('NO_MAPPING', 'no mapping has that MOID and a place', clientUri);
    return [];
  }
  const { mapping, path, locUri, isExact } = target;
  if (!isExact) warn('LOSS', 'this reads more nodes than the address names; the bridge selects among them', clientUri);
  const format = isExact ? describeNode(mapping, path)?.format : 'node';
  const isLeaf = format !== undefined && format !== 'node';
  return [{ name: 'Get', items: [{ target: isLeaf ? locUri : `${locUri}?list=StructData` }] }];
}

/** The user interaction alert of a page that this program has made of one. */
function showDrafts(serverUri: string, { resources, warn }: Dm1Translator): readonly Draft[] {
  const page = resources.find(({ url }) => url === serverUri);
  const alert = page === undefined ? undefined : fromPage(Buffer.from(contentBytes(page.content)).toString('utf8'));
  if (alert === undefined) {
    warn('INCOMPLETE', 'the page decides which user interaction alerts are sent', serverUri);
    return [];
  }
  return [{ name: 'Alert', ...alert }];
}

function hgetDrafts(serverUri: string, clientUri: string | undefined, translator: Dm1Translator): readonly Draft[] {
  const resource = translator.resources.find(({ url }) => url === serverUri);
  if (resource === undefined) {
    translator.warn('INCOMPLETE', 'the written data is in the Data Repository', serverUri);
    const target = clientUri === undefined ? undefined : targetOf(clientUri, translator);
    return target === undefined ? [] : [{ name: 'Replace', items: [{ target: target.locUri }] }];
  }
  if (isMediaType(resource.contentType, MEDIA_TYPES.moData)) return moDataDrafts(resource, clientUri, translator);
  const target = clientUri === undefined ? undefined : targetOf(clientUri, translator);
  return target === undefined ? [] : [leafDraft(target, resource)];
}

function moDataDrafts(
  { content }: Resource,
  clientUri: string | undefined,
  translator: Dm1Translator,
): readonly Draft[] {
  return parseMoData(content).flatMap(({ ClientURI, MOData }) => {
    const rights = rightsAddress(clientUri ?? ClientURI, translator.index);
    if (rights !== undefined) return rightsDrafts(rights, MOData, translator);
    const target = targetOf(clientUri ?? ClientURI, translator);
    const [entry] = Object.entries(MOData);
    return target === undefined || entry === undefined ? [] : treeDrafts(target, entry, clientUri === undefined);
  });
}

function rightsDrafts(
  uri: ClientUri,
  data: Readonly<Record<string, unknown>>,
  translator: Translator,
): readonly Draft[] {
  const items = Object.entries(data).flatMap((entry) => toAclItems(uri, entry, translator));
  return items.map((item) => ({ name: 'Replace', items: [item] }));
}

function treeDrafts(
  { mapping, root, path }: ExpectedTarget,
  [label, data]: readonly [string, unknown],
  isNew: boolean,
): readonly Draft[] {
  const node = finish(fromMoData(data, path.at(-1) ?? label, descriptionsAt(mapping, path)));
  const type = mapping.dm1Moids[0];
  const typed = path.length === 0 && type !== undefined ? { ...node, type } : node;
  const writes = finish(planWrites({ mapping, root, path }, undefined, typed));
  // In an existing node only the leaves are replaced. A node whose name the definition leaves open counts as new.
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
  const ownFormat = 'text' in content ? 'chr' : 'b64';
  const format = described === undefined || described === 'node' ? ownFormat : described;
  const bytes = Buffer.from(contentBytes(content));
  const value = bytes.toString(isBinaryFormat(format) ? 'base64' : 'utf8');
  const node: MoNode = { name: path.at(-1) ?? '', format, type: contentType, value };
  return toDraft({ name: 'Replace', locUri, node });
}
