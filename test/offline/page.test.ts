/** User interaction alerts ↔ pages for SHOW (DM-1.3 §10; DM-2.0 §5.3.7). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromPage, toPage, unshownParameters } from '../../src/offline/page.ts';

const items = (...texts: readonly string[]) => texts.map((data) => ({ data }));

describe('a user interaction alert', () => {
  test.each<[string, number, readonly string[]]>([
    ['display', 1100, ['', 'Management in progress']],
    ['display of a text with signs', 1100, ['', '1 < 2 & "so" > on']],
    ['confirm or reject', 1101, ['', 'Really?']],
    ['text input', 1102, ['', 'Name?']],
    ['text input with all parameters', 1102, ['MAXLEN=30&IT=N&DR=12', 'Number?']],
    ['a date', 1102, ['IT=D', 'When?']],
    ['a password', 1102, ['ET=P', 'Secret?']],
    ['a default with signs', 1102, ['DR=a%20%26%20b%3D%22', 'Text?']],
    ['single choice', 1103, ['', 'Which?', 'A', 'B']],
    ['single choice with default', 1103, ['DR=2', 'Which?', 'A', 'B & C']],
    ['multiple choice with defaults', 1104, ['DR=1-3', 'Which?', 'A', 'B', 'C']],
  ])('is the same after a translation to a page and back: %s', (_, code, texts) => {
    expect(fromPage(toPage(code, items(...texts)))).toEqual({ code, items: items(...texts) });
  });

  test('is the same after a translation to a page and back for any texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', ' ', 'ü', 'p', '/', ';') });
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (question, choices) => {
        const all = items('', question, ...choices);
        expect(fromPage(toPage(1104, all))).toEqual({ code: 1104, items: all });
      }),
    );
  });
});

describe('another page', () => {
  const own = toPage(1103, items('DR=1', 'Which?', 'A', 'B'));
  test.each([
    ['an empty text', ''],
    ['plain text', 'Hello'],
    ['another page', '<!DOCTYPE html><html><body><p>Hello</p></body></html>'],
    ['an own page with another element', own.replace('</body>', '<script>x()</script></body>')],
    ['an own page with another form', own.replace('method="post"', 'method="get"')],
    ['an own page with a mixed choice', own.replace('type="radio"', 'type="checkbox"')],
  ])('is not translated to an alert: %s', (_, page) => expect(fromPage(page)).toBeUndefined());
});

describe('the parameters that a page cannot express', () => {
  test.each<[number, string, readonly string[]]>([
    [1100, 'MINDT=10&MAXDT=20', ['MINDT=10', 'MAXDT=20']],
    [1101, 'DR=0', ['DR=0']],
    [1102, 'MAXLEN=3&DR=x&IT=A&ET=T', []],
    [1102, 'IT=I', ['IT=I']],
    [1102, 'ET=X', ['ET=X']],
    [1102, 'IT=N&ET=P', []],
    [1103, 'DR=1&MAXLEN=3', ['MAXLEN=3']],
    [1104, '', []],
  ])('of the alert %i with %s are %j', (code, parameters, expected) => {
    expect(unshownParameters(code, items(parameters, 'text'))).toEqual(expected);
  });
});
