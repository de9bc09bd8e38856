/**
 * Reads messages in the plain way, by way of a tree, and by way of a tree in parts. The tree is the judge: the plain way must return
 * the same, or decline, and the parts must return the same, or find the same fault.
 */
import { expect } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { type ParsedMessage, parseMessage, parseMessageInParts } from '../../../src/syncml/parse.ts';
import { readPlainWbxml } from '../../../src/syncml/plain-wbxml.ts';
import { readPlainXml } from '../../../src/syncml/plain-xml.ts';
import { messageEncoding } from '../../../src/syncml/serialize-wbxml.ts';
import type { Tolerance } from '../../../src/syncml/tolerances.ts';
import { parseXml, parseXmlInParts } from '../../../src/syncml/xml-reader.ts';
import { decodeWbxml, decodeWbxmlInParts } from '../../../src/wbxml/decode.ts';
import { inOneGo } from '../../../src/wbxml/growing-tree.ts';
import { CHARSETS } from '../../../src/wbxml/tokens.ts';

/** Lengths of parts: each tag alone, some tags, and most of a message. */
const PARTS = [1, 50, 700];

/** Expects that the ways agree, and returns the result of the plain one; undefined when it declined. */
export function plainXml(text: string): ParsedMessage | undefined {
  const judged = resultOrFault(() => parseMessage(parseXml(text, { trailingNul: true })));
  for (const part of PARTS) {
    const parts = parseXmlInParts(text, part, { trailingNul: true });
    expectEqual(
      resultOrFault(() => inOneGo(parseMessageInParts(parts, (root) => ({ root })))),
      judged,
    );
  }
  return expectAgreement(readPlainXml(text), () => {
    const tolerated: Tolerance[] = [];
    const parsed = parseMessage(parseXml(text, { trailingNul: true, onTolerated: (what) => tolerated.push(what) }));
    return { ...parsed, tolerated: [...tolerated, ...parsed.tolerated] };
  });
}

/** The same for WBXML. */
export function plainWbxml(bytes: Uint8Array): ParsedMessage | undefined {
  const judged = resultOrFault(() => {
    const document = decodeWbxml(bytes, SYNCML_TABLES);
    return parseMessage(document.root, messageEncoding(document));
  });
  for (const part of PARTS) {
    const read = () =>
      parseMessageInParts(decodeWbxmlInParts(bytes, { tables: SYNCML_TABLES, part }), (document) => ({
        root: document.root,
        encoding: messageEncoding(document),
      }));
    expectEqual(
      resultOrFault(() => inOneGo(read())),
      judged,
    );
  }
  return expectAgreement(readPlainWbxml(bytes), () => {
    const document = decodeWbxml(bytes, SYNCML_TABLES);
    const tolerated: Tolerance[] = [];
    if (!document.typeDeclared) tolerated.push('publicId');
    if (document.charset === CHARSETS.iso88591) tolerated.push('charset');
    const parsed = parseMessage(document.root, messageEncoding(document));
    return { ...parsed, tolerated: [...tolerated, ...parsed.tolerated] };
  });
}

function expectAgreement(plain: ParsedMessage | undefined, judge: () => ParsedMessage): ParsedMessage | undefined {
  if (plain === undefined) return undefined;
  const judged = resultOrFault(judge);
  expect(judged).not.toBeInstanceOf(DecodeError);
  expectEqual(plain, judged);
  return plain;
}

function expectEqual(one: unknown, other: unknown): void {
  expect(one).toStrictEqual(other);
  // The order of members counts, too: sessions are stored as JSON.
  expect(JSON.stringify(one)).toBe(JSON.stringify(other));
}

/** The message, or the fault with its code, words and place. */
function resultOrFault(read: () => ParsedMessage): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
