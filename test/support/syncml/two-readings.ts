/** Reads messages in the plain way and by way of a tree. The tree is the judge: the plain way must return the same, or decline. */
import { expect } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { type ParsedMessage, parseMessage } from '../../../src/syncml/parse.ts';
import { readPlainWbxml } from '../../../src/syncml/plain-wbxml.ts';
import { readPlainXml } from '../../../src/syncml/plain-xml.ts';
import { messageEncoding } from '../../../src/syncml/serialize-wbxml.ts';
import type { Tolerance } from '../../../src/syncml/tolerances.ts';
import { parseXml } from '../../../src/syncml/xml-reader.ts';
import { decodeWbxml } from '../../../src/wbxml/decode.ts';
import { CHARSETS } from '../../../src/wbxml/tokens.ts';

/** Expects that the plain way agrees, and returns its result; undefined when it declined. */
export function plainXml(text: string): ParsedMessage | undefined {
  return expectAgreement(readPlainXml(text), () => {
    const tolerated: Tolerance[] = [];
    const parsed = parseMessage(parseXml(text, { trailingNul: true, onTolerated: (what) => tolerated.push(what) }));
    return { ...parsed, tolerated: [...tolerated, ...parsed.tolerated] };
  });
}

/** The same for WBXML. */
export function plainWbxml(bytes: Uint8Array): ParsedMessage | undefined {
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
  const judged = unlessRefused(judge);
  expect(judged).toBeDefined();
  expect(plain).toStrictEqual(judged);
  // The order of members counts, too: sessions are stored as JSON.
  expect(JSON.stringify(plain)).toBe(JSON.stringify(judged));
  return plain;
}

function unlessRefused(read: () => ParsedMessage): ParsedMessage | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
