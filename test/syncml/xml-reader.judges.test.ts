import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import type { Element } from '../../src/wbxml/element.ts';
import { applyDamage, damages, xmlDocument } from './xml-arbitraries.ts';
import { canonical, readWithFastXmlParser, readWithSaxes } from './xml-judges.ts';

/** The tree, or that it was refused; anything but a DecodeError of ours is a fault. */
function verdict(text: string): Element | 'refused' {
  try {
    return canonical(parseXml(text));
  } catch (error) {
    if (error instanceof DecodeError) return 'refused';
    throw error;
  }
}

function saxesVerdict(text: string): Element | 'refused' {
  try {
    return canonical(readWithSaxes(text));
  } catch {
    return 'refused';
  }
}

/**
 * Where saxes does not judge: it takes "?" into the target of a processing instruction, trims namespaces, and lets lone
 * surrogates through. XML 1.0 §2.6, §3.3.3 and §2.2 say otherwise.
 */
const UNJUDGED = /<\?[^\s?>]+\?(?!>)|<\?[^\s?>]*:|xmlns(?::\w+)?\s*=\s*["'](?:\s|[^"']*\s["'])|\p{Surrogate}/u;

describe('parseXml before its judges', () => {
  test('reads what saxes reads, alike', () => {
    fc.assert(
      fc.property(xmlDocument, (document) => {
        const judged = saxesVerdict(document);
        expect(judged).not.toBe('refused');
        expect(verdict(document)).toEqual(judged);
      }),
      { numRuns: 1500 },
    );
  });

  test('refuses what saxes refuses, and nothing else', () => {
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(xmlDocument, damages, (document, list) => {
        const damaged = applyDamage(document, list);
        fc.pre(!UNJUDGED.test(damaged));
        const judged = saxesVerdict(damaged);
        seen[judged === 'refused' ? 'refused' : 'read']++;
        expect(verdict(damaged)).toEqual(judged);
      }),
      { numRuns: 12_000 },
    );
    // A generator that damages nothing, or everything, would judge nothing.
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(500);
  });

  test('reads what fast-xml-parser reads, alike but for namespaces', () => {
    fc.assert(
      fc.property(xmlDocument, (document) => {
        expect(canonical(parseXml(document), false)).toEqual(canonical(readWithFastXmlParser(document)));
      }),
      { numRuns: 500 },
    );
  });
});
