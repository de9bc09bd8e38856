/** The parts of the transcript player itself: it must find differences. */
import { describe, expect, test } from 'vitest';
import { canonicalBody, canonicalXml } from '../support/transcript/canonical.ts';
import { parseTranscript } from '../support/transcript/parse.ts';
import { type Bindings, escapeXml, fillFrom, fillIn } from '../support/transcript/placeholders.ts';
import { WBXML_FORMS, XML_FORM } from '../support/transcript/wire-form.ts';

const FILE = `# A title

Prose.

\`\`\`yaml setup
player: bridge
\`\`\`

### device → bridge

The device speaks.

\`\`\`http
POST /dm
Content-Type: a/b

<A/>

<B/>
\`\`\`

### bridge → device (again)

### time passes
`;

describe('a transcript file', () => {
  test('a transcript is read as title, setup and steps', () => {
    const { title, setup, steps } = parseTranscript(FILE);
    expect({ title, setup }).toEqual({ title: 'A title', setup: { player: 'bridge' } });
    expect(steps).toEqual([
      {
        kind: 'device → bridge',
        line: 9,
        isRepeated: false,
        startLine: 'POST /dm',
        headers: { 'content-type': 'a/b' },
        body: '<A/>\n\n<B/>',
      },
      { kind: 'bridge → device', line: 22, isRepeated: true, startLine: '', headers: {}, body: '' },
      { kind: 'time passes', line: 24, isRepeated: false, startLine: '', headers: {}, body: '' },
    ]);
  });

  test.each([
    ['an unknown heading', FILE.replace('### time passes', '### coffee'), /line 24: not a step/u],
    ['a message without its fence', FILE.replace(' (again)', ''), /line 22: a message is missing/u],
    ['no setup', FILE.replace('yaml setup', 'yaml'), /setup/u],
    ['no end of a fence', FILE.slice(0, FILE.indexOf('\n```\n\n### bridge')), /without end/u],
  ])('a file is refused: %s', (_name, text, message) => expect(() => parseTranscript(text)).toThrow(message));
});

describe('the comparison of bodies', () => {
  test.each([
    ['layout', '<a>\n <b>x</b>\n</a>', '<a><b>x</b></a>', true],
    ['prefixes', '<p:a xmlns:p="n"/>', '<a xmlns="n"></a>', true],
    ['CDATA and escapes', '<a><![CDATA[<x>]]></a>', '<a>&lt;x&gt;</a>', true],
    ['comments', '<a><!-- why --><b/></a>', '<a><b/></a>', true],
    ['order of children', '<a><b/><c/></a>', '<a><c/><b/></a>', false],
    ['namespaces', '<a xmlns="n"/>', '<a/>', false],
    ['text', '<a>x</a>', '<a>x </a>', false],
  ])('XML documents are compared: %s', (_name, left, right, same) => {
    const equal = JSON.stringify(canonicalXml(left)) === JSON.stringify(canonicalXml(right));
    expect(equal).toBe(same);
  });

  test('multipart bodies are compared by their parts, whatever the boundary', () => {
    const body = (boundary: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="0"\r\nContent-Type: a/json\r\n\r\n{"a": 1}\r\n--${boundary}--\r\n`;
    const expected = [{ disposition: 'form-data; name="0"', type: 'a/json', body: { a: 1 } }];
    expect(canonicalBody('multipart/form-data; boundary=x', body('x'))).toEqual(expected);
    expect(canonicalBody('multipart/form-data; boundary="y"', body('y'))).toEqual(expected);
    expect(() => canonicalBody('multipart/form-data; boundary=x', body('y'))).toThrow();
  });
});

describe('a message as WBXML', () => {
  const TYPE = 'application/vnd.syncml.dm+xml';
  const METINF = "xmlns='syncml:metinf'";
  const MESSAGE = `<SyncML xmlns='SYNCML:SYNCML1.2'>
    <SyncHdr><Meta><MaxMsgSize ${METINF}>5</MaxMsgSize></Meta></SyncHdr>
    <SyncBody><Fly/><Item><Data> a &amp; é </Data><Data><![CDATA[<b/>]]></Data></Item><Final/></SyncBody>
  </SyncML>`;
  const message = { startLine: 'POST /dm', headers: { 'content-type': TYPE }, body: MESSAGE };

  test.each(WBXML_FORMS)('a message becomes the same tree: $name', ({ toWire, fromWire }) => {
    const wire = toWire(message);
    expect(wire.headers['content-type']).toBe('application/vnd.syncml.dm+wbxml');
    expect(Buffer.from(wire.body).toString('latin1')).not.toContain('<Item>');
    expect(canonicalXml(fromWire(wire).body)).toEqual(canonicalXml(MESSAGE));
    expect(fromWire(wire).headers).toEqual(message.headers);
  });

  test.each(WBXML_FORMS.map((form, at) => ({ form, other: WBXML_FORMS[(at + 2) % WBXML_FORMS.length] ?? form })))(
    'an answer in another form is refused: $form.name',
    ({ form, other }) => {
      expect(() => form.fromWire(other.toWire(message))).toThrow(/WBXML version/u);
      expect(() => form.fromWire(XML_FORM.toWire(message))).toThrow(/media type/u);
      const wire = form.toWire(message);
      const body = Uint8Array.from(other.toWire(message).body);
      body.set(wire.body.subarray(0, 1));
      expect(() => form.fromWire({ ...wire, body })).toThrow();
    },
  );
});

describe('placeholders', () => {
  test('a placeholder takes the first value, and later values must be equal', () => {
    const bindings: Bindings = new Map();
    expect(fillFrom({ a: ['/dm/{{t}}'] }, { a: ['/dm/xyz'] }, bindings)).toEqual({ a: ['/dm/xyz'] });
    expect(fillFrom('{{t}}', 'xyz', bindings)).toBe('xyz');
    expect(fillFrom('{{t}}', 'other', bindings)).toBe('xyz');
    expect(fillFrom('{{new}}-x', 'y', bindings)).toBe('{{new}}-x');
  });

  test('placeholders are filled into a message that is sent', () => {
    const bindings: Bindings = new Map([
      ['t', 'a&b'],
      ['nonce', 'Tm9uY2U='],
    ]);
    expect(fillIn('<a>{{t}}</a>', bindings, escapeXml)).toBe('<a>a&amp;b</a>');
    // DM-1.3 §9.4.2 prints this digest for Bruce2, OhBehave and the nonce "Nonce".
    expect(fillIn('{{md5 Bruce2 OhBehave nonce}}', bindings)).toBe('Zz6EivR3yeaaENcRN6lpAQ==');
    expect(() => fillIn('{{unknown}}', bindings)).toThrow(/not bound/u);
  });
});
