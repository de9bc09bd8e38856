/**
 * Reads a SyncML message from XML. The order of elements, prefixes and namespaces do not matter.
 *
 * @see RepPro 1.2, MetaInfo 1.2
 */
import type { WireCommand, WireHeader, WireItem, WireMessage, WireMeta } from './message.ts';
import { child, children, childText, readXml, textOf, type XmlElement, XmlFault } from './xml.ts';

/** The children of Atomic and Sequence that are not members. */
const CONTAINER_FIELDS = new Set(['CmdID', 'Meta', 'NoResp']);

/**
 * Reads one message.
 * @throws XmlFault for a text that is no SyncML document
 */
export function readMessage(text: string): WireMessage {
  const root = readXml(text);
  const header = child(root, 'SyncHdr');
  const body = child(root, 'SyncBody');
  if (root.name !== 'SyncML' || header === undefined || body === undefined) {
    throw new XmlFault('SyncML, SyncHdr or SyncBody is missing');
  }
  return {
    header: readHeader(header),
    commands: children(body)
      .filter((node) => node.name !== 'Final')
      .map(readCommand),
    final: child(body, 'Final') !== undefined,
  };
}

function readHeader(header: XmlElement): WireHeader {
  const source = child(header, 'Source');
  const cred = child(header, 'Cred');
  return {
    verDtd: childText(header, 'VerDTD') ?? '',
    verProto: childText(header, 'VerProto') ?? '',
    sessionId: childText(header, 'SessionID') ?? '',
    msgId: childText(header, 'MsgID') ?? '',
    target: readLocUri(child(header, 'Target')) ?? '',
    source: readLocUri(source) ?? '',
    sourceName: source && childText(source, 'LocName'),
    respUri: childText(header, 'RespURI'),
    cred: cred && { type: readMeta(child(cred, 'Meta'))?.type ?? '', data: childText(cred, 'Data') ?? '' },
    meta: readMeta(child(header, 'Meta')),
  };
}

function readCommand(node: XmlElement): WireCommand {
  const chal = child(node, 'Chal');
  const isContainer = node.name === 'Atomic' || node.name === 'Sequence';
  const members = isContainer ? children(node).filter((part) => !CONTAINER_FIELDS.has(part.name)) : [];
  return {
    name: node.name,
    cmdId: childText(node, 'CmdID') ?? '',
    items: children(node)
      .filter((part) => part.name === 'Item')
      .map(readItem),
    members: members.map(readCommand),
    data: childText(node, 'Data'),
    correlator: childText(node, 'Correlator'),
    meta: readMeta(child(node, 'Meta')),
    msgRef: childText(node, 'MsgRef'),
    cmdRef: childText(node, 'CmdRef'),
    cmd: childText(node, 'Cmd'),
    targetRef: childText(node, 'TargetRef'),
    sourceRef: childText(node, 'SourceRef'),
    chal: chal && readMeta(child(chal, 'Meta')),
  };
}

function readItem(node: XmlElement): WireItem {
  const data = child(node, 'Data');
  return {
    target: readLocUri(child(node, 'Target')),
    source: readLocUri(child(node, 'Source')),
    meta: readMeta(child(node, 'Meta')),
    data: data && textOf(data),
    moreData: child(node, 'MoreData') !== undefined,
  };
}

function readMeta(node: XmlElement | undefined): WireMeta | undefined {
  if (node === undefined) return undefined;
  const number = (name: string): number | undefined => {
    const text = childText(node, name);
    return text === undefined ? undefined : Number(text);
  };
  return {
    format: childText(node, 'Format'),
    type: childText(node, 'Type'),
    mark: childText(node, 'Mark'),
    size: number('Size'),
    nextNonce: childText(node, 'NextNonce'),
    maxMsgSize: number('MaxMsgSize'),
    maxObjSize: number('MaxObjSize'),
  };
}

/** The LocURI of a Target or Source. */
function readLocUri(element: XmlElement | undefined): string | undefined {
  return element && childText(element, 'LocURI');
}
