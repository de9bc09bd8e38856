/**
 * Writes a typed message as XML text, directly from the records, because building a tree first would cost time.
 *
 * @see DMREPPRO "XML usage"
 */
import { BoundedMap } from '../bounded-map.ts';
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
    this.text += tagsOf(name).start;
  }

  close(name: string): void {
    this.text += tagsOf(name).end;
  }

  leaf(name: string, text: string): void {
    if (text === '') {
      this.text += `<${name}/>`;
      return;
    }
    const { start, end } = tagsOf(name);
    this.text += start;
    this.text += escapeText(text);
    this.text += end;
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

interface Tags {
  readonly start: string;
  readonly end: string;
}

/** The tags of elements, which are the same few in all messages. Only a command that is unknown may have any name. */
const tags = new BoundedMap<Tags>(256);

function tagsOf(name: string): Tags {
  const known = tags.get(name);
  if (known !== undefined) return known;
  const made = { start: `<${name}>`, end: `</${name}>` };
  tags.set(name, made);
  return made;
}
