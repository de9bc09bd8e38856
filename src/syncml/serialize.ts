/**
 * Writes a typed message as XML text or as a tree.
 *
 * The text is written directly from the records, because building a tree first would cost time. Both forms are sinks of
 * `write-message.ts`, so they have the same elements in the same order.
 *
 * @see DMREPPRO "XML usage"
 */
import type { Content, Element } from '../wbxml/element.ts';
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

/** Returns the tree of a message; bytes in Data stay bytes, as WBXML carries them. */
export function toElement(message: SyncmlMessage): Element {
  const namespace = syncmlNamespace(message.header.verDtd);
  const sink = new TreeSink(namespace);
  writeMessage(message, sink);
  return { name: 'SyncML', namespace, content: sink.content };
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
    else this.text += `<Data>${data.map((element) => writeXml(element, this.namespace)).join('')}</Data>`;
  }
}

class TreeSink implements MessageSink {
  readonly formatOfBytes = undefined;
  readonly #namespace: string;
  /** The contents of the open elements, outermost first, without the innermost. */
  readonly #outer: Content[][] = [];
  /** The content of the innermost open element. */
  content: Content[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  open(name: string): void {
    const content: Content[] = [];
    this.content.push({ name, namespace: this.#namespace, content });
    this.#outer.push(this.content);
    this.content = content;
  }

  close(): void {
    this.content = this.#outer.pop() ?? this.content;
  }

  leaf(name: string, text: string): void {
    this.content.push({ name, namespace: this.#namespace, content: text === '' ? [] : [text] });
  }

  metInf(name: string, text: string): void {
    this.content.push({ name, namespace: METINF_NAMESPACE, content: text === '' ? [] : [text] });
  }

  data(data: ItemData): void {
    if (typeof data === 'string') this.leaf('Data', data);
    else {
      const content = data instanceof Uint8Array ? [data] : data;
      this.content.push({ name: 'Data', namespace: this.#namespace, content });
    }
  }
}
