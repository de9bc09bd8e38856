/**
 * Writes a message of the simulated device as XML, with the elements in the order of the DTD.
 *
 * @see RepPro 1.2, MetaInfo 1.2
 */
import type { WireCommand, WireCred, WireItem, WireMessage, WireMeta } from './message.ts';
import { element, writeXml, type XmlElement } from './xml.ts';

const METINF = 'syncml:metinf';

/** The namespace of the SyncML element in that protocol version. */
function namespaceOf(verDtd: string): string {
  return `SYNCML:SYNCML${verDtd}`;
}

/** Writes one message. */
export function writeMessage(message: WireMessage): string {
  const { header } = message;
  const syncHdr = element(
    'SyncHdr',
    element('VerDTD', header.verDtd),
    element('VerProto', header.verProto),
    element('SessionID', header.sessionId),
    element('MsgID', header.msgId),
    addressElement('Target', header.target),
    addressElement('Source', header.source, header.sourceName),
    header.cred && writeCred(header.cred),
    writeMeta(header.meta),
  );
  const final = message.final ? element('Final') : undefined;
  const syncBody = element('SyncBody', ...message.commands.map(writeCommand), final);
  const root = { ...element('SyncML', syncHdr, syncBody), namespace: namespaceOf(header.verDtd) };
  return `<?xml version="1.0" encoding="UTF-8"?>${writeXml(root)}`;
}

/** A command of a device: Alert, Replace, Status or Results. */
function writeCommand(command: WireCommand): XmlElement {
  const text = (name: string, value: string | undefined): XmlElement | undefined =>
    value === undefined ? undefined : element(name, value);
  return element(
    command.name,
    element('CmdID', command.cmdId),
    text('MsgRef', command.msgRef),
    text('CmdRef', command.cmdRef),
    text('Cmd', command.cmd),
    command.name === 'Results' ? writeMeta(command.meta) : undefined,
    text('TargetRef', command.targetRef),
    text('SourceRef', command.sourceRef),
    command.chal && element('Chal', writeMeta(command.chal)),
    text('Data', command.data),
    text('Correlator', command.correlator),
    command.name === 'Results' ? undefined : writeMeta(command.meta),
    ...command.items.map(writeItem),
  );
}

function writeItem(item: WireItem): XmlElement {
  return element(
    'Item',
    item.target === undefined ? undefined : addressElement('Target', item.target),
    item.source === undefined ? undefined : addressElement('Source', item.source),
    writeMeta(item.meta),
    item.data === undefined ? undefined : element('Data', item.data === '' ? undefined : item.data),
    item.moreData ? element('MoreData') : undefined,
  );
}

function writeCred(cred: WireCred): XmlElement {
  return element('Cred', writeMeta({ format: 'b64', type: cred.type }), element('Data', cred.data));
}

function writeMeta(meta: WireMeta | undefined): XmlElement | undefined {
  if (meta === undefined) return undefined;
  const parts: readonly (readonly [string, string | number | undefined])[] = [
    ['Format', meta.format],
    ['Type', meta.type],
    ['Mark', meta.mark],
    ['Size', meta.size],
    ['NextNonce', meta.nextNonce],
    ['MaxMsgSize', meta.maxMsgSize],
    ['MaxObjSize', meta.maxObjSize],
  ];
  const present = parts.filter(([, value]) => value !== undefined);
  return element('Meta', ...present.map(([name, value]) => ({ ...element(name, String(value)), namespace: METINF })));
}

/** A Target or Source. */
function addressElement(name: string, locUri: string, locName?: string): XmlElement {
  return element(name, element('LocURI', locUri), locName === undefined ? undefined : element('LocName', locName));
}
