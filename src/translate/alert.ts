/**
 * DM 1.x Generic Alert ↔ DM 2.0 Alert: one Alert per Item. Client events (1224) are mapped the same way.
 *
 * The data crosses as it is (`DM1x`), unless a mapping asks for the JSON form of its alert type.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.4, §13.1; 1.3 §6.7
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { formatClientUri } from '../dm2/client-uri.ts';
import { ALERT_TYPES, type Dm2Alert } from '../dm2/package.ts';
import { execAlertType, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { parseNodeFormat } from '../mo/node.ts';
import { type FragmentSchema, parseFragment } from '../xml-data/alert-payload.ts';
import { clientUriOf, type Miids } from './uri.ts';

/** One Item of a device's Alert 1226 or 1224. */
export interface Dm1Alert {
  readonly code: number;
  readonly correlator?: string;
  readonly item: PlainItem;
}

export interface AlertContext {
  readonly index: MoIndex;
  readonly miids: Miids;
  /** The EXEC that the Correlator names, its ClientURI as the backend wrote it. */
  readonly pendingExec?: { readonly clientUri: string };
}

/** The 2.0 Alert of one Item. */
export function toDm2Alert(alert: Dm1Alert, context: AlertContext): Dm2Alert {
  const { item } = alert;
  const [source, target] = [placeOf(item.source), placeOf(item.target)];
  const sourceUri = source === undefined ? context.pendingExec?.clientUri : addressOf(source, context);
  const targetUri = target === undefined ? undefined : addressOf(target, context);
  const type = alertTypeOf(alert, context);
  const mark = item.meta?.mark?.trim();
  const raw = {
    ...(source !== undefined && sourceUri === undefined && { DM1xSource: source }),
    ...(target !== undefined && targetUri === undefined && { DM1xTarget: target }),
  };
  return {
    AlertType: type,
    ...(sourceUri !== undefined && { SourceURI: sourceUri }),
    ...(targetUri !== undefined && { TargetURI: targetUri }),
    ...(mark !== undefined && mark !== '' && { Mark: mark }),
    ...withPlaces(payloadOf(item, jsonSchemaOf(type, source, context)), raw),
  };
}

/** DataType and Data as they go north. */
interface Payload {
  readonly DataType: string;
  readonly Data: Readonly<Record<string, unknown>>;
}

function withPlaces(
  payload: Payload | undefined,
  raw: Readonly<Record<string, string>>,
): Payload | Record<string, never> {
  if (payload !== undefined) return { ...payload, Data: { ...payload.Data, ...raw } };
  return Object.keys(raw).length === 0 ? {} : { DataType: 'application/json', Data: raw };
}

/** The Type, `Reversed-Domain-Name:` included. One without Type can still be told by the EXEC that it ends. */
function alertTypeOf({ item }: Dm1Alert, { index, pendingExec }: AlertContext): string {
  const type = item.meta?.type?.trim();
  if (type !== undefined && type !== '') return type;
  if (pendingExec === undefined) return DEFAULT_TYPE;
  const moid = index.longestMoid(pendingExec.clientUri);
  const mapping = moid === undefined ? undefined : index.byMoid(moid);
  const [address = ''] = pendingExec.clientUri.split('?');
  const [, ...path] = address.slice((moid ?? '').length + 1).split('/');
  return (mapping === undefined ? undefined : execAlertType(mapping, path)) ?? ALERT_TYPES.execComplete;
}

/** What an omitted Type means in SyncML (MetaInfo 1.2). */
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
      return /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(Number(trimmed))
        ? typed('int', Number(trimmed))
        : typed('text/plain', text);
    case 'float':
      return trimmed !== '' && Number.isFinite(Number(trimmed))
        ? typed('float', Number(trimmed))
        : typed('text/plain', text);
    case 'bool':
      return /^(true|false)$/i.test(trimmed)
        ? typed('bool', trimmed.toLowerCase() === 'true')
        : typed('text/plain', text);
    case 'b64':
    case 'bin':
      return typed('application/octet-stream', text.replaceAll(/\s+/g, ''));
    default:
      return typed('text/plain', unwrapCdata(text));
  }
}

function xmlPayload(text: string, schema: FragmentSchema | undefined): Payload {
  const json = schema === undefined ? undefined : parseFragment(text, schema);
  return json === undefined ? typed('text/xml', text) : { DataType: 'application/json', Data: json };
}

function typed(dataType: string, value: string | number | boolean): Payload {
  return { DataType: dataType, Data: { DM1x: value } };
}

/** CDATA MUST be eliminated (§13.1): around the whole data, and inside it, where it becomes escaped text. */
function withoutCdata(text: string): string {
  return unwrapCdata(text).replaceAll(CDATA, (_, inner: string) => {
    return inner.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  });
}

const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/g;

/** The inside of one CDATA section that is the whole text; else the text. */
function unwrapCdata(text: string): string {
  const trimmed = text.trim();
  const isWhole = trimmed.startsWith('<![CDATA[') && trimmed.indexOf(']]>') === trimmed.length - 3;
  return isWhole ? trimmed.slice('<![CDATA['.length, -3) : text;
}

/** The schema of the mapping that owns the source, else of any mapping that knows the alert type. */
function jsonSchemaOf(
  type: string,
  source: string | undefined,
  { index, miids }: AlertContext,
): FragmentSchema | undefined {
  const schemaIn = (mapping: MoMapping) => {
    return mapping.alertTypes.find((each) => alertTypeKey(each.type) === alertTypeKey(type))?.json;
  };
  const node = source === undefined ? undefined : clientUriOf(index, miids, source);
  const owner = node === undefined ? undefined : index.byMoid(node.moid);
  const own = owner === undefined ? undefined : schemaIn(owner);
  return (
    own ??
    index
      .all()
      .map(schemaIn)
      .find((schema) => schema !== undefined)
  );
}

/** Devices write reverse domain names with and without the prefix that §6.7.1.6 asks for. */
function alertTypeKey(type: string): string {
  return type.replace(/^Reversed-Domain-Name:/i, '').trim();
}

function addressOf(place: string, { index, miids }: AlertContext): string | undefined {
  const node = clientUriOf(index, miids, place);
  return node === undefined ? undefined : formatClientUri(node);
}

function placeOf(locUri: string | undefined): string | undefined {
  const trimmed = locUri?.trim();
  return trimmed === '' ? undefined : trimmed;
}
