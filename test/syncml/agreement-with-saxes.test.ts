import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import type { Element } from '../../src/wbxml/element.ts';
import { canonical, readWithFastXmlParser, readWithSaxes } from './reference-xml-readers.ts';
import { applyDamage, damages, xmlDocument } from './xml-arbitraries.ts';

/** The tree of our reader or 'refused'. Any error but a DecodeError fails the test. */
function ourResult(text: string): Element | 'refused' {
  try {
    return canonical(parseXml(text));
  } catch (error) {
    if (error instanceof DecodeError) return 'refused';
    throw error;
  }
}

/** The tree of saxes or 'refused'. */
function saxesResult(text: string): Element | 'refused' {
  try {
    return canonical(readWithSaxes(text));
  } catch {
    return 'refused';
  }
}

/**
 * Documents in which saxes breaks the specification: it accepts "?" in the target of a processing instruction, trims
 * namespaces, and accepts lone surrogates (against XML 1.0 §2.6, §3.3.3 and §2.2).
 */
const SAXES_IS_WRONG = /<\?[^\s?>]+\?(?!>)|<\?[^\s?>]*:|xmlns(?::\w+)?\s*=\s*["'](?:\s|[^"']*\s["'])|\p{Surrogate}/u;

describe('parseXml agrees with known readers', () => {
  test('parseXml and saxes read the same tree from a well-formed document', () => {
    fc.assert(
      fc.property(xmlDocument, (document) => {
        const expected = saxesResult(document);
        expect(expected).not.toBe('refused');
        expect(ourResult(document)).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  test('parseXml refuses a damaged document exactly when saxes does', () => {
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(xmlDocument, damages, (document, list) => {
        const damaged = applyDamage(document, list);
        fc.pre(!SAXES_IS_WRONG.test(damaged));
        const expected = saxesResult(damaged);
        seen[expected === 'refused' ? 'refused' : 'read']++;
        expect(ourResult(damaged)).toEqual(expected);
      }),
      { numRuns: 12_000 },
    );
    // The test proves nothing if the generator damages no document, or all of them.
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(500);
  });

  test('parseXml and fast-xml-parser read the same tree, namespaces apart', () => {
    fc.assert(
      fc.property(xmlDocument, (document) => {
        expect(canonical(parseXml(document), false)).toEqual(canonical(readWithFastXmlParser(document)));
      }),
      { numRuns: 500 },
    );
  });
});
