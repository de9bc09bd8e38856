/** Offline translation of one document to the other protocol. Its kind is recognised by its content. */
import { parseAcl } from '../dm1/acl.ts';
import { parseMoData } from '../dm2/mo-data.ts';
import { DecodeError } from '../errors.ts';
import { toDdfMappings, withOneDescription } from '../mapping/ddf-mapping.ts';
import { readDdf } from '../mapping/ddf-read.ts';
import type { MappingFile } from '../mapping/mapping-file.ts';
import { toMappingFile } from '../mapping/mapping-file-writer.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import { ROOT } from '../mo/loc-uri.ts';
import { decodeMessage } from '../syncml/codec.ts';
import { decodeEmbedded } from '../syncml/embedded-document.ts';
import type { Command } from '../syncml/message.ts';
import { formatMessage } from '../syncml/serialize.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import { decodeTreeBytes, decodeXmlBytes, isWbxml } from '../xml-data/data-xml.ts';
import { isDdf } from '../xml-data/ddf-document.ts';
import { parseTnds } from '../xml-data/tnds.ts';
import { isFromDevice, toDeviceSide } from './device-message.ts';
import { toMoDataMembers, toTndsDocuments } from './mo-documents.ts';
import { parsePackageWithResources } from './package-with-resources.ts';
import { permissionsOf } from './rights-to-dm2.ts';
import { toDm1Message } from './to-dm1.ts';
import { toDm2Commands } from './to-dm2.ts';
import { type Warn, type Warning, warnings } from './translation.ts';

/** The kinds of documents that can be translated. */
export const DOCUMENT_KINDS = ['syncml', 'wbxml', 'tnds', 'ddf', 'acl', 'dmmo+json', 'package2'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** The translation: text, a JSON value, or mapping files, which the caller writes as YAML. */
export type Translated =
  | { readonly to: 'syncml' | 'tnds'; readonly output: string }
  | { readonly to: 'package1' | 'package2' | 'package3' | 'dmmo+json' | 'access-rights'; readonly output: unknown }
  | { readonly to: 'mapping'; readonly output: readonly MappingFile[] };

export type Translation = Translated & { readonly from: DocumentKind; readonly warnings: readonly Warning[] };

export interface TranslationOptions {
  readonly index: MoIndex;
  readonly statusTable: StatusTable;
  /** The URL below which the documents of ServerURIs would be. */
  readonly repository: string;
}

/**
 * Translates a document of this kind.
 * @throws DecodeError when the document is not of that kind; MappingError when its data fits no node
 */
export function translateDocument(
  bytes: Uint8Array,
  options: TranslationOptions,
  kind: DocumentKind = guessKind(bytes),
): Translation {
  const { list, warn } = warnings();
  const translated = TRANSLATORS[kind](bytes, options, warn);
  return { from: kind, ...translated, warnings: list };
}

/**
 * Recognises the kind of a document.
 * @throws DecodeError ERR_MEDIA_TYPE
 */
export function guessKind(bytes: Uint8Array): DocumentKind {
  if (isWbxml(bytes)) {
    const tree = treeTextOf(bytes);
    if (tree === undefined) return 'wbxml';
    return isDdf(tree) ? 'ddf' : 'tnds';
  }
  const text = decodeXmlBytes(bytes)
    .replace(/^\uFEFF/, '')
    .trim();
  if (text.startsWith('<')) {
    if (/<(?:\w+:)?(?:SyncML|SyncBody)[\s>]/.test(text)) return 'syncml';
    if (isDdf(text)) return 'ddf';
    return /<(?:\w+:)?MgmtTree[\s>]/.test(text) ? 'tnds' : 'syncml';
  }
  if (text.startsWith('[')) return 'dmmo+json';
  if (text.startsWith('{')) return 'package2';
  if (/^(?:Add|Delete|Exec|Get|Replace)=/.test(text)) return 'acl';
  throw new DecodeError('ERR_MEDIA_TYPE', `not SyncML, TNDS, DDF, MO data, Package#2 or an ACL; --from says which`);
}

/** The XML text of a TNDS or DDF document in WBXML; undefined for anything else. */
function treeTextOf(bytes: Uint8Array): string | undefined {
  if (!isWbxml(bytes)) return undefined;
  try {
    const root = decodeEmbedded(bytes);
    return root.name === 'MgmtTree' ? writeXml(root) : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

type Translate = (bytes: Uint8Array, options: TranslationOptions, warn: Warn) => Translated;

const TRANSLATORS: Readonly<Record<DocumentKind, Translate>> = {
  syncml: (bytes, options, warn) => {
    const commands = commandsOf(decodeXmlBytes(bytes));
    return translateCommands(commands, options, warn);
  },
  wbxml: (bytes, options, warn) => {
    const { message } = decodeMessage(bytes, 'application/vnd.syncml.dm+wbxml');
    return translateCommands(message.commands, options, warn);
  },
  tnds: (bytes, { index }, warn) => {
    const document = parseTnds(decodeTreeBytes(bytes), ROOT);
    return { to: 'dmmo+json', output: toMoDataMembers(document, { index, warn }) };
  },
  ddf: (bytes, _options, warn) => translateDdf(decodeTreeBytes(bytes), warn),
  acl: (bytes, _options, warn) => translateAcl(decodeXmlBytes(bytes).trim(), warn),
  'dmmo+json': (bytes, { index }, warn) => {
    const documents = toTndsDocuments(parseMoData(decodeXmlBytes(bytes)), { index, warn });
    return { to: 'tnds', output: documents.join('\n') };
  },
  package2: (bytes, { index }, warn) => {
    const { CMD, resources } = parsePackageWithResources(decodeXmlBytes(bytes));
    return { to: 'syncml', output: formatMessage(toDm1Message(CMD, resources, index, warn)) };
  },
};

function translateCommands(commands: readonly Command[], options: TranslationOptions, warn: Warn): Translated {
  const { index, statusTable, repository } = options;
  if (isFromDevice(commands)) return toDeviceSide(commands, index, statusTable, warn);
  const { commands: CMD, resources } = toDm2Commands(commands, index, repository, warn);
  return { to: 'package2', output: resources.length === 0 ? { CMD } : { CMD, resources } };
}

/** The commands of a message, of a SyncBody, or of a list of commands, which are read with a header of this program. */
function commandsOf(text: string): readonly Command[] {
  const encoder = new TextEncoder();
  const type = 'application/vnd.syncml.dm+xml; charset=utf-8';
  const isMessage = /<(?:\w+:)?SyncML[\s>]/.test(text);
  const body = text.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '');
  const syncBody = /^\s*<(?:\w+:)?SyncBody[\s>]/.test(body) ? body : `<SyncBody>${body}</SyncBody>`;
  const message = isMessage ? text : `<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}${syncBody}</SyncML>`;
  return decodeMessage(encoder.encode(message), type).message.commands;
}

const HEADER =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>device</LocURI></Target><Source><LocURI>server</LocURI></Source></SyncHdr>';

function translateDdf(text: string, warn: Warn): Translated {
  const ddf = readDdf(text);
  for (const { at, message } of ddf.warnings) warn('LOSS', message, at);
  for (const { element, count, at } of ddf.ignored) warn('NO_COUNTERPART', `${count} ${element} ignored`, at);
  const mappings = toDdfMappings(ddf);
  for (const { moid, places, minimumAccess } of mappings) {
    if (places.length === 0) warn('LOSS', `${moid}: no usual place; found by its Type alone`, '.');
    if (minimumAccess) warn('LOSS', 'a mapping file has one description for all roots', moid);
  }
  if (ddf.isWholeDevice) warn('LOSS', 'nodes outside of MOs with a MOID only refine other mappings', '.');
  return { to: 'mapping', output: mappings.map((mapping) => toMappingFile(withOneDescription(mapping))) };
}

/** The ACL counts as that of an interior node whose parent grants no rights: the property alone does not show that. */
function translateAcl(text: string, warn: Warn): Translated {
  const permissions = permissionsOf({ kind: 'interior', acl: parseAcl(text) }, undefined, warn);
  const entries = permissions.map(({ maid, rights }, at) => [String(at + 1), { MAID: maid, AR: rights }] as const);
  return { to: 'access-rights', output: { Permissions: Object.fromEntries(entries) } };
}
