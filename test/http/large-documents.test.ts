/** Long documents are read in a worker thread; what comes of them is what reading them at once gives. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parsePackage2 } from '../../src/dm2/codec.ts';
import { contentFromBytes } from '../../src/dm2/content.ts';
import { parseMoData } from '../../src/dm2/mo-data.ts';
import { type Content, MEDIA_TYPES } from '../../src/dm2/package.ts';
import { LARGE_BYTES, LargeDocuments } from '../../src/http/large-documents.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { decodeTndsContent } from '../../src/tree/writing/tnds-content.ts';
import { clientFor, fetchOf, packageTo, startServer } from './client-scene.ts';

const open: LargeDocuments[] = [];
afterEach(() => Promise.all(open.splice(0).map((documents) => documents.close())));

function documents(): LargeDocuments {
  const created = new LargeDocuments();
  open.push(created);
  return created;
}

/** The value, or the error without its cause. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof Error && 'code' in error ? [error.code, error.message] : error;
  }
}

const TNDS =
  '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>a</NodeName><RTProperties><Format><chr/></Format></RTProperties><Value>x</Value></Node></MgmtTree>';

const READERS = { package2: parsePackage2, moData: parseMoData, tnds: decodeTndsContent };

describe('a document that the worker has read', () => {
  const many = Array.from({ length: 5_000 }, (_, at) => ['GET', `${at}`.repeat(50)]);

  test.each<[string, keyof typeof READERS, Content]>([
    ['a Package#2', 'package2', { text: '\uFEFF{"CMD": [["GET", "ä"], [], ["END"]], "x": [[1]]}' }],
    ['a long Package#2', 'package2', { text: JSON.stringify({ CMD: many }) }],
    ['an empty Package#2', 'package2', { text: '{"CMD": []}' }],
    ['a Package#2 against its schema', 'package2', { text: '{"CMD": [["GET", 1]]}' }],
    ['a deep Package#2', 'package2', { text: `{"CMD": [], "x": ${'['.repeat(64)}${']'.repeat(64)}}` }],
    ['a Package#2 that is no JSON', 'package2', { text: '{"CMD"' }],
    ['a Package#2 that is no text', 'package2', { base64: '/w==' }],
    ['MO data', 'moData', { text: '[{"ClientURI": "a", "MOData": {"b": {"c": [1.5, true, null]}}, "x": 1}]' }],
    ['empty MO data', 'moData', { text: '[]' }],
    ['MO data against its schema', 'moData', { text: '{}' }],
    ['TNDS as XML', 'tnds', { text: TNDS }],
    ['TNDS as WBXML', 'tnds', contentFromBytes(encodeEmbedded(parseXml(TNDS)))],
    ['TNDS that is no XML', 'tnds', { text: '<MgmtTree>' }],
    ['TNDS that is no text', 'tnds', { base64: '/w==' }],
  ])('reads as at once: %s', async (_name, kind, content) => {
    const read = READERS[kind];
    const atOnce = attempt(() => read({ ...content }));
    await documents().read(kind, content);
    expect(attempt(() => read(content))).toEqual(atOnce);
  });

  test('is read once', async () => {
    const content = { text: '{"CMD": [["END"]]}' };
    expect(parsePackage2(content)).not.toBe(parsePackage2(content));
    await documents().read('package2', content);
    expect(parsePackage2(content)).toBe(parsePackage2(content));
    // Another content is another document, whatever its text.
    expect(parsePackage2({ ...content })).not.toBe(parsePackage2(content));
  });

  test('has all its items in their order, however they were sent', async () => {
    const own = documents();
    const text = fc.string({ maxLength: 60_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(text, { maxLength: 3 }), { maxLength: 20 }), async (CMD) => {
        const content = { text: JSON.stringify({ CMD }) };
        await own.read('package2', content);
        expect(parsePackage2(content)).toEqual({ CMD });
      }),
      { numRuns: 20 },
    );
  });

  test('does not wait for one that came after it', async () => {
    const own = documents();
    const contents = Array.from({ length: 5 }, (_, at) => ({ text: `{"CMD": [["GET", "${at}"]]}` }));
    await Promise.all(contents.map((content) => own.read('package2', content)));
    expect(contents.map((content) => parsePackage2(content).CMD[0]?.[1])).toEqual(['0', '1', '2', '3', '4']);
  });
});

describe('without the worker', () => {
  const content = { text: '{"CMD": [["END"]]}' };

  test('a document is read at once after the thread has failed, and the next one gets a new thread', async () => {
    const own = documents();
    // No text at all, which no reader expects.
    const noText: Content = JSON.parse('{ "text": 1 }');
    await own.read('package2', noText);
    await own.read('package2', content);
    expect(parsePackage2(content)).toBe(parsePackage2(content));
  });

  test('a document that is being read while the client closes is read at once', async () => {
    const own = documents();
    const reading = own.read('package2', { ...content });
    await own.close();
    await reading;
    expect(parsePackage2({ ...content })).toEqual({ CMD: [['END']] });
  });
});

describe('the client of backends and Data Repositories', () => {
  const long = 'x'.repeat(LARGE_BYTES);
  const MO_DATA = JSON.stringify([{ ClientURI: 'a', MOData: { a: long } }]);
  const PACKAGE = JSON.stringify({ CMD: [['GET', long]] });

  test.each([
    ['a package', packageTo, 'application/json', PACKAGE, parsePackage2],
    ['MO data', fetchOf, MEDIA_TYPES.moData, MO_DATA, parseMoData],
    ['TNDS', fetchOf, MEDIA_TYPES.tnds, TNDS.replace('>x<', `>${long}<`), decodeTndsContent],
  ] as const)('has %s read by the worker when it is long, and only then', async (_name, request, type, text, read) => {
    const { origin } = await startServer((response, _seen, count) => {
      response.writeHead(200, { 'Content-Type': type }).end(count === 1 ? text : text.replace(long, 'short'));
    });
    const limit = 2 * LARGE_BYTES;
    const client = clientFor(origin, {}, { maxReplyBytes: limit, maxPackageBytes: limit });
    for (const isKept of [true, false]) {
      const reply = await client.send(request(`${origin}/dm`));
      const content = 'body' in reply ? reply.body : { text: '' };
      const [once, again] = [read(content), read(content)];
      expect(once === again).toBe(isKept);
    }
  });
});
