/**
 * Writes a typed message as XML text, directly from the records, because building a tree first would cost time.
 *
 * @see DMREPPRO "XML usage"
 */
import { type Content, isElement } from '../wbxml/element.ts';
import type { ItemData, SyncmlMessage } from './message.ts';
import { METINF_NAMESPACE, syncmlNamespace } from './namespaces.ts';
import { type MessageSink, writeMessage } from './write-message.ts';
import { escapeText } from './xml-text.ts';
import { toBase64, writeXml } from './xml-writer.ts';

/** Returns a message as an XML document in UTF-8, without white space between elements. */
export function formatMessage(message: SyncmlMessage): string {
  const sink = new TextSink(syncmlNamespace(message.header.verDtd));
  writeMessage(message, sink);
  return `<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="${sink.namespace}">${sink.text}</SyncML>`;
}

class TextSink implements MessageSink {
  readonly namespace: string;
  readonly formatOfBytes = 'b64';
  text = '';

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  open(name: string): void {
    this.text += `<${name}>`;
  }

  close(name: string): void {
    this.text += `</${name}>`;
  }

  leaf(name: string, text: string): void {
    this.text += text === '' ? `<${name}/>` : `<${name}>${escapeText(text)}</${name}>`;
  }

  metInf(name: string, text: string): void {
    const start = `<${name} xmlns="${METINF_NAMESPACE}"`;
    this.text += text === '' ? `${start}/>` : `${start}>${escapeText(text)}</${name}>`;
  }

  data(data: ItemData): void {
    if (typeof data === 'string') this.leaf('Data', data);
    else if (data instanceof Uint8Array) this.leaf('Data', toBase64(data));
    else this.text += `<Data>${data.map((part) => this.#markup(part)).join('')}</Data>`;
  }

  #markup(part: Content): string {
    if (isElement(part)) return writeXml(part, this.namespace);
    return typeof part === 'string' ? escapeText(part) : toBase64(part);
  }
}
