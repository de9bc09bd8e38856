/**
 * Writes a typed message as WBXML, directly from the records.
 *
 * A response has the WBXML version of the device and names the document type as the device does, by number or by text.
 * The string table holds that text at most. The public identifier follows VerDTD: DM 1.2 and 1.3 share one.
 *
 * @see DMREPPRO "WBXML usage"; WAP-192-WBXML
 */
import type { WbxmlDocument } from '../wbxml/decode.ts';
import { type Content, isElement } from '../wbxml/element.ts';
import { type EncodeOptions, encodeDocument, hasTokens, type TagWriter, writeContent } from '../wbxml/encode.ts';
import type { CompiledType } from '../wbxml/token-tables.ts';
import type { WbxmlVersion } from '../wbxml/tokens.ts';
import { DM_DDF_1_2, SYNCML_1_1, SYNCML_1_2 } from './code-pages.ts';
import { encodeEmbedded, TNDS_WBXML_TYPE, TNDS_XML_TYPE } from './embedded-document.ts';
import type { ItemData, SyncmlMessage } from './message.ts';
import { isSyncmlNamespace, METINF_NAMESPACE, syncmlNamespace } from './namespaces.ts';
import { type MessageSink, writeMessage } from './write-message.ts';
import { isXmlText } from './xml-text.ts';
import { writeMarkup } from './xml-writer.ts';

/** The properties of a WBXML message that the response to it shares. */
export interface MessageEncoding {
  /** A device may refuse a version above its own. */
  readonly wbxmlVersion: WbxmlVersion;
  /** True when the document type is named by text in the string table instead of a number. */
  readonly textPublicId: boolean;
}

/** Returns the encoding of a document that has that header. */
export function messageEncoding({ version, publicId }: Pick<WbxmlDocument, 'version' | 'publicId'>): MessageEncoding {
  return { wbxmlVersion: version, textPublicId: typeof publicId === 'string' };
}

/** Encodes a message; without `encoding` as WBXML 1.2 with the numeric identifier, which all known devices read. */
export function encodeWbxmlMessage(message: SyncmlMessage, encoding?: MessageEncoding): Uint8Array {
  const options = optionsFor(message, encoding);
  return encodeDocument((tags) => writeTo(tags, message, options.type), options);
}

function optionsFor({ header }: SyncmlMessage, encoding?: MessageEncoding): EncodeOptions {
  return {
    type: header.verDtd === '1.1' ? SYNCML_1_1 : SYNCML_1_2,
    version: encoding?.wbxmlVersion ?? '1.2',
    textPublicId: encoding?.textPublicId ?? false,
    // Only an unknown command has no token. The bridge never sends one; a simulated device may.
    literals: true,
  };
}

function writeTo(tags: TagWriter, message: SyncmlMessage, type: CompiledType): void {
  const sink = new WbxmlSink(tags, type, syncmlNamespace(message.header.verDtd));
  sink.open('SyncML');
  writeMessage(message, sink);
  sink.close();
}

class WbxmlSink implements MessageSink {
  readonly formatOfBytes = undefined;
  readonly #tags: TagWriter;
  readonly #type: CompiledType;
  readonly #namespace: string;

  constructor(tags: TagWriter, type: CompiledType, namespace: string) {
    this.#tags = tags;
    this.#type = type;
    this.#namespace = namespace;
  }

  open(name: string): void {
    this.#tags.open(name, this.#namespace);
  }

  close(): void {
    this.#tags.close();
  }

  leaf(name: string, text: string): void {
    this.#tags.leaf(name, this.#namespace, text);
  }

  metInf(name: string, text: string): void {
    this.#tags.leaf(name, METINF_NAMESPACE, text);
  }

  data(data: ItemData, type: string | undefined): void {
    const encoded = encodeTnds(data, type);
    if (typeof encoded === 'string' && isXmlText(encoded)) {
      this.leaf('Data', encoded);
      return;
    }
    this.open('Data');
    if (encoded instanceof Uint8Array) this.#tags.opaque(encoded);
    else if (typeof encoded === 'string') this.#tags.opaque(Buffer.from(encoded));
    else this.#markup(encoded);
    this.close();
  }

  /** Writes markup as tags if all its elements have tokens, else as XML text. */
  #markup(content: readonly Content[]): void {
    if (!content.every((part) => !isElement(part) || hasTokens(part, this.#type))) {
      this.#tags.text(writeMarkup(content, isSyncmlNamespace));
      return;
    }
    writeContent(content, this.#tags);
  }
}

/** Returns TNDS as opaque bytes in the form that its Type names, and all other Data unchanged. */
function encodeTnds(data: ItemData, type: string | undefined): ItemData {
  // The comparison of lengths spares most Items the lower-case copy of their Type.
  if (data instanceof Uint8Array || type === undefined || type.length < TNDS_XML_TYPE.length) return data;
  const name = type.toLowerCase();
  if (name === TNDS_XML_TYPE)
    return new TextEncoder().encode(typeof data === 'string' ? data : writeMarkup(data, isSyncmlNamespace));
  if (name !== TNDS_WBXML_TYPE || typeof data === 'string') return data;
  const [root, ...others] = data.filter((part) => typeof part !== 'string' || part.trim() !== '');
  const isDocument = root !== undefined && others.length === 0 && isElement(root) && hasTokens(root, DM_DDF_1_2);
  return isDocument ? encodeEmbedded(root) : data;
}
