/**
 * DM 1.x Generic Alert ↔ DM 2.0 Alert: one Alert per Item. Client events (1224) are mapped the same way.
 *
 * The data is not changed (`DM1x`), unless a mapping asks for the JSON form of its alert type.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.4, §13.1; 1.3 §6.7
 */

import type { MiidTable } from '../device/managed-device.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import { type ClientUriText, formatClientUri, parseClientUri } from '../dm2/client-uri.ts';
import { ALERT_TYPES, type Dm2Alert } from '../dm2/package.ts';
import { type JsonNumber, toJsonNumber } from '../json-text.ts';
import { execAlertType, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { aliasOf } from '../mapping/mo-place.ts';
import { isBase64, withoutWhiteSpace } from '../mo/base64.ts';
import { isLexical } from '../mo/lexical-form.ts';
import { type LocUri, readLocUriLeniently } from '../mo/loc-uri.ts';
import { parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import { type FragmentSchema, parseFragment } from '../xml-data/alert-payload.ts';
import { clientUriOf, type InstanceNode } from './uri.ts';

export interface AlertContext {
  readonly index: MoIndex;
  readonly miids: MiidTable;
  /** The EXEC that the Correlator names. */
  readonly pendingExec?: { readonly clientUri: ClientUriText };
}

/** The DM 2.0 Alert of one Item of a device's Alert 1226 or 1224. */
export function toDm2Alert(item: PlainItem, context: AlertContext): Dm2Alert {
  const source = toAddress(item.source, context);
  const target = toAddress(item.target, context);
  const type = alertTypeOf(item, context);
  const alert: Mutable<Dm2Alert> = { AlertType: type };
  const sourceUri = source === undefined ? context.pendingExec?.clientUri : source.clientUri;
  if (sourceUri !== undefined) alert.SourceURI = sourceUri;
  if (target?.clientUri !== undefined) alert.TargetURI = target.clientUri;
  const rawMark = item.meta?.mark ?? '';
  const mark = rawMark.trim().toLowerCase();
  if (MARKS.has(mark)) alert.Mark = mark;
  const payload = payloadOf(item, jsonSchemaOf(type, source?.node, context));
  const data: Record<string, unknown> = { ...payload?.Data };
  if (source !== undefined && source.clientUri === undefined) data.DM1xSource = source.text;
  if (target !== undefined && target.clientUri === undefined) data.DM1xTarget = target.text;
  if (mark !== '' && !MARKS.has(mark)) data.DM1xMark = rawMark;
  if (payload === undefined && Object.keys(data).length === 0) return alert;
  alert.DataType = payload?.DataType ?? 'application/json';
  alert.Data = data;
  return alert;
}

/** The importance levels of DM 2.0 (§5.4). Devices use others, too; those are sent in Data, unchanged. */
const MARKS: ReadonlySet<string> = new Set([
  'fatal',
  'critical',
  'minor',
  'warning',
  'informational',
  'harmless',
  'indeterminate',
]);

/** DataType and Data of the DM 2.0 Alert. */
interface Payload {
  readonly DataType: string;
  readonly Data: Readonly<Record<string, unknown>>;
}

/** The node that an Item names, with its ClientURI if there is one. */
interface NamedNode {
  /** The LocURI in the device's own spelling, for the backend when there is no ClientURI. */
  readonly text: string;
  readonly node: InstanceNode | undefined;
  readonly clientUri: ClientUriText | undefined;
}

function toAddress(locUri: string | undefined, { index, miids }: AlertContext): NamedNode | undefined {
  const text = locUri?.trim() ?? '';
  if (text === '') return undefined;
  const uri = readLocUriLeniently(text);
  const node = uri === undefined ? undefined : nodeAt(index, miids, uri);
  return { text, node, clientUri: node === undefined ? undefined : formatClientUri(node) };
}

/** The node in the instance that has it, under the other name of the device's tree too. */
function nodeAt(index: MoIndex, miids: MiidTable, locUri: LocUri): InstanceNode | undefined {
  const alias = aliasOf({ locUri, kind: 'root' })?.locUri;
  return clientUriOf(index, miids, locUri) ?? (alias === undefined ? undefined : clientUriOf(index, miids, alias));
}

/** The Type, `Reversed-Domain-Name:` included. For an alert without Type it follows from the EXEC that the alert ends. */
function alertTypeOf(item: PlainItem, { index, pendingExec }: AlertContext): string {
  const type = item.meta?.type?.trim();
  if (type !== undefined && type !== '') return type;
  if (pendingExec === undefined) return DEFAULT_TYPE;
  const uri = parseClientUri(pendingExec.clientUri, index);
  const mapping = index.byMoid(uri.moid);
  const path = uri.path.map((segment) => (segment.kind === 'name' ? segment.name : ''));
  return (mapping === undefined ? undefined : execAlertType(mapping, path)) ?? ALERT_TYPES.execComplete;
}

/** The meaning of an omitted Type in SyncML (MetaInfo 1.2). */
const DEFAULT_TYPE = 'text/plain';

function payloadOf(item: PlainItem, schema: FragmentSchema | undefined): Payload | undefined {
  if (item.data === undefined) return undefined;
  const format = item.meta?.format === undefined ? 'chr' : (parseNodeFormat(item.meta.format) ?? 'chr');
  const text = item.data;
  const trimmed = text.trim();
  switch (format) {
    case 'null':
      return undefined;
    case 'xml':
      return xmlPayload(withoutCdata(trimmed).trim(), schema);
    case 'int':
    case 'float': {
      const number = isLexical(trimmed, format) ? toJsonNumber(trimmed) : undefined;
      return number === undefined ? typed('text/plain', text) : typed(format, number);
    }
    case 'bool':
      return isLexical(trimmed, 'bool') ? typed('bool', trimmed.toLowerCase() === 'true') : typed('text/plain', text);
    case 'b64':
    case 'bin':
      return isBase64(text) ? typed('application/octet-stream', withoutWhiteSpace(text)) : typed('text/plain', text);
    default:
      return typed('text/plain', unwrapCdata(text));
  }
}

function xmlPayload(text: string, schema: FragmentSchema | undefined): Payload {
  const json = schema === undefined ? undefined : parseFragment(text, schema);
  return json === undefined ? typed('text/xml', text) : { DataType: 'application/json', Data: json };
}

function typed(dataType: string, value: string | number | boolean | JsonNumber): Payload {
  return { DataType: dataType, Data: { DM1x: value } };
}

/** CDATA MUST be eliminated (§13.1): around the whole data, and inside it, where it becomes escaped text. */
function withoutCdata(text: string): string {
  return unwrapCdata(text).replaceAll(CDATA, (_, inner: string) => {
    return inner.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  });
}

const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/g;

/** The content of the CDATA section that is the whole text; else the text. */
function unwrapCdata(text: string): string {
  const trimmed = text.trim();
  const isWhole = trimmed.startsWith('<![CDATA[') && trimmed.indexOf(']]>') === trimmed.length - 3;
  return isWhole ? trimmed.slice('<![CDATA['.length, -3) : text;
}

/** The schema in the mapping of the source's MO, else in the first mapping that has the alert type. */
function jsonSchemaOf(
  type: string,
  source: InstanceNode | undefined,
  { index }: AlertContext,
): FragmentSchema | undefined {
  const key = alertTypeKey(type);
  const schemaIn = (mapping: MoMapping) => mapping.alertTypes.find((each) => alertTypeKey(each.type) === key)?.json;
  const owner = source === undefined ? undefined : index.byMoid(source.moid);
  const own = owner === undefined ? undefined : schemaIn(owner);
  if (own !== undefined) return own;
  const known = index.all().map(schemaIn);
  return known.find((schema) => schema !== undefined);
}

/** Devices write reverse domain names with and without the prefix that §6.7.1.6 asks for. */
function alertTypeKey(type: string): string {
  return type.replace(/^Reversed-Domain-Name:/i, '').trim();
}
