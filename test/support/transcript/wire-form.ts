/**
 * The encoding in which the device speaks when a transcript is played: XML as in the file, or the same trees as WBXML.
 *
 * The file always has XML. For WBXML the player encodes the tree that saxes reads from each message of the device, and writes
 * each answer as XML text, so that one comparison serves both encodings. It also checks that media type, WBXML version and
 * form of the public identifier of an answer are those of the request.
 */
import { SaxesParser } from 'saxes';
import { expect } from 'vitest';
import { SYNCML_1_1, SYNCML_1_2, SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { decodeWbxml } from '../../../src/wbxml/decode.ts';
import { type Content, type Element, isElement } from '../../../src/wbxml/element.ts';
import { encodeWbxml } from '../../../src/wbxml/encode.ts';
import { WBXML_VERSIONS, type WbxmlVersion } from '../../../src/wbxml/tokens.ts';
import type { ActualMessage } from './expect-message.ts';
import { escapeXml } from './placeholders.ts';

/** A message as bytes. */
export interface WireMessage extends Omit<ActualMessage, 'body'> {
  readonly body: Uint8Array;
}

export interface WireForm {
  /** Used in the title of the test. */
  readonly name: string;
  /** MaxMsgSize counts encoded bytes, so a transcript may have another limit for WBXML. */
  readonly isWbxml: boolean;
  /** Encodes a message of the device. */
  readonly toWire: (message: ActualMessage) => WireMessage;
  /** Decodes an answer of the bridge. */
  readonly fromWire: (answer: WireMessage) => ActualMessage;
}

export const XML_FORM: WireForm = {
  name: 'XML',
  isWbxml: false,
  toWire: (message) => ({ ...message, body: Buffer.from(message.body) }),
  fromWire: (answer) => ({ ...answer, body: Buffer.from(answer.body).toString('utf8') }),
};

/** The WBXML versions and forms of the public identifier that devices use. */
export const WBXML_FORMS: readonly WireForm[] = [
  wbxmlForm('1.2', false),
  wbxmlForm('1.3', true),
  wbxmlForm('1.1', true),
  wbxmlForm('1.0', false),
];

export function wbxmlForm(version: WbxmlVersion, textPublicId: boolean): WireForm {
  const name = `WBXML ${version}, public identifier as ${textPublicId ? 'text' : 'number'}`;
  return {
    name,
    isWbxml: true,
    toWire: ({ body, headers, ...rest }) => {
      const root = readElement(body);
      const type = root.namespace === 'SYNCML:SYNCML1.1' ? SYNCML_1_1 : SYNCML_1_2;
      return {
        ...rest,
        headers: { ...headers, 'content-type': renamed(headers, '+xml', '+wbxml') },
        body: encodeWbxml(root, { type, version, textPublicId, literals: true }),
      };
    },
    fromWire: ({ body, headers, ...rest }) => {
      if (body.length === 0) return { ...rest, headers, body: '' };
      expect(headers['content-type'], 'the media type of the answer').not.toContain('+xml');
      const contentType = renamed(headers, '+wbxml', '+xml');
      // A message that cannot be answered gets plain text.
      if (contentType === headers['content-type']) return { ...rest, headers, body: Buffer.from(body).toString() };
      expect(body[0], 'the WBXML version of the answer').toBe(WBXML_VERSIONS.indexOf(version));
      const { root, publicId, typeDeclared } = decodeWbxml(body, SYNCML_TABLES);
      expect({ publicId: typeof publicId, typeDeclared }, 'the public identifier of the answer').toEqual({
        publicId: textPublicId ? 'string' : 'number',
        typeDeclared: true,
      });
      return { ...rest, headers: { ...headers, 'content-type': contentType }, body: writeElement(root, '') };
    },
  };
}

function renamed(headers: Readonly<Record<string, string>>, from: string, to: string): string {
  return (headers['content-type'] ?? '').replace(from, to);
}

interface Open extends Element {
  readonly content: Content[];
}

/** Reads XML into a tree for WBXML: CDATA becomes OPAQUE, as devices write it; white space beside elements is left out. */
export function readElement(xml: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const top: Open = { name: '', namespace: '', content: [] };
  const open: Open[] = [top];
  const innermost = (): Open => open.at(-1) ?? top;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri }) => open.push({ name: local, namespace: uri, content: [] }));
  parser.on('text', (text) => innermost().content.push(text));
  parser.on('cdata', (text) => innermost().content.push(Buffer.from(text)));
  parser.on('closetag', () => {
    const closed = open.pop() ?? top;
    const isLayout = (part: Content): boolean => typeof part === 'string' && part.trim() === '';
    innermost().content.push({ ...closed, content: closed.content.filter((part) => !isLayout(part)) });
  });
  parser.write(xml).close();
  const root = top.content.find(isElement);
  if (root === undefined) throw new SyntaxError('no root element');
  return root;
}

/** Writes a tree as XML text: opaque bytes as text when they are UTF-8, else as base64. */
export function writeElement({ name, namespace, content }: Element, parentNamespace: string): string {
  const declaration = namespace === parentNamespace ? '' : ` xmlns="${namespace}"`;
  const inside = content.map((part) => {
    if (typeof part === 'string') return escapeXml(part);
    return isElement(part) ? writeElement(part, namespace) : escapeXml(textOf(part));
  });
  return `<${name}${declaration}>${inside.join('')}</${name}>`;
}

function textOf(opaque: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(opaque);
  } catch {
    return Buffer.from(opaque).toString('base64');
  }
}
