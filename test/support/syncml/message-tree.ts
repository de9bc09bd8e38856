/** A message as an element tree, written by the same writer as the XML text and the WBXML bytes. */
import type { ItemData, SyncmlMessage } from '../../../src/syncml/message.ts';
import { METINF_NAMESPACE, syncmlNamespace } from '../../../src/syncml/namespaces.ts';
import { type MessageSink, writeMessage } from '../../../src/syncml/write-message.ts';
import type { Content, Element } from '../../../src/wbxml/element.ts';

/** Returns the tree of a message; bytes in Data stay bytes, as WBXML carries them. */
export function toElement(message: SyncmlMessage): Element {
  const namespace = syncmlNamespace(message.header.verDtd);
  const sink = new TreeSink(namespace);
  writeMessage(message, sink);
  return { name: 'SyncML', namespace, content: sink.content };
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
