/**
 * A typed message as XML text, or as a tree for whoever encodes trees.
 *
 * The text is written straight from the records: a message of a busy server is worth no tree. Both are sinks of the
 * same walk, see `write-message.ts`.
 */
import type { Content, Element } from '../wbxml/element.ts';
import type { ItemData, SyncmlMessage } from './message.ts';
import { METINF_NAMESPACE, syncmlNamespace } from './namespaces.ts';
import { type MessageSink, writeMessage } from './write-message.ts';
import { escapeText } from './xml-text.ts';
import { toBase64, writeXml } from './xml-writer.ts';

/** Writes a message as an XML document in UTF-8, without white space between elements. */
export function formatMessage(message: SyncmlMessage): string {
  const sink = new TextSink(syncmlNamespace(message.header.verDtd));
  writeMessage(message, sink);
  return `<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="${sink.namespace}">${sink.text}</SyncML>`;
}

/** The tree of a message; bytes in Data stay bytes, as WBXML carries them. */
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
  readonly #around: Content[][] = [];
  content: Content[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  open(name: string): void {
    const content: Content[] = [];
    this.content.push({ name, namespace: this.#namespace, content });
    this.#around.push(this.content);
    this.content = content;
  }

  close(): void {
    this.content = this.#around.pop() ?? this.content;
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
