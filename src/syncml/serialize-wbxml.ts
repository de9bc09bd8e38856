/**
 * A typed message as WBXML, written straight from the records.
 *
 * The form follows the device: its WBXML version, and its way to name the document type. What goes out has no string
 * table beyond that name. The public identifier follows VerDTD, because DM 1.2 and 1.3 share one.
 *
 * @see DMREPPRO "WBXML usage"; WAP-192-WBXML
 */
import { type EncodeOptions, encodeDocument, hasTokens, type TagWriter, writeElement } from '../wbxml/encode.ts';
import type { CompiledType } from '../wbxml/token-tables.ts';
import type { WbxmlVersion } from '../wbxml/tokens.ts';
import { DM_DDF_1_2, SYNCML_1_1, SYNCML_1_2 } from './code-pages.ts';
import { encodeEmbedded, TNDS_WBXML_TYPE, TNDS_XML_TYPE } from './embedded-document.ts';
import type { ItemData, SyncmlMessage } from './message.ts';
import { METINF_NAMESPACE, syncmlNamespace } from './namespaces.ts';
import { type MessageSink, writeMessage } from './write-message.ts';
import { writeXml } from './xml-writer.ts';

/** How a WBXML message was encoded, as far as the answer follows it. */
export interface MessageEncoding {
  /** A device may refuse a version above its own. */
  readonly wbxmlVersion: WbxmlVersion;
  /** Whether the document type was named by text in the string table instead of a number. */
  readonly textPublicId: boolean;
}

/** Writes a message; without `encoding` as WBXML 1.2 with the numeric identifier, which every known device reads. */
export function encodeWbxmlMessage(message: SyncmlMessage, encoding?: MessageEncoding): Uint8Array {
  const options = optionsFor(message, encoding);
  return encodeDocument((tags) => writeTo(tags, message, options.type), options);
}

function optionsFor({ header }: SyncmlMessage, encoding?: MessageEncoding): EncodeOptions {
  return {
    type: header.verDtd === '1.1' ? SYNCML_1_1 : SYNCML_1_2,
    version: encoding?.wbxmlVersion ?? '1.2',
    textPublicId: encoding?.textPublicId ?? false,
    // Only a command that nobody knows has no token. The bridge never sends one; a test device may.
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
    const document = embeddedDocument(data, type);
    if (typeof document === 'string') {
      this.leaf('Data', document);
      return;
    }
    const tags = this.#tags;
    this.open('Data');
    if (document instanceof Uint8Array) tags.opaque(document);
    else if (document.every((element) => hasTokens(element, this.#type))) {
      for (const element of document) writeElement(element, tags);
    } else tags.text(document.map((element) => writeXml(element)).join(''));
    this.close();
  }
}

/** TNDS is opaque in the form that its Type names; all other Data stay what they are. */
function embeddedDocument(data: ItemData, type: string | undefined): ItemData {
  if (data instanceof Uint8Array || type === undefined || type.length < TNDS_XML_TYPE.length) return data;
  const name = type.toLowerCase();
  if (name === TNDS_XML_TYPE) {
    const text = typeof data === 'string' ? data : data.map((element) => writeXml(element)).join('');
    return new TextEncoder().encode(text);
  }
  if (name !== TNDS_WBXML_TYPE || typeof data === 'string') return data;
  const [root, ...others] = data;
  return root !== undefined && others.length === 0 && hasTokens(root, DM_DDF_1_2) ? encodeEmbedded(root) : data;
}
