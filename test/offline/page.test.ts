/** User interaction alerts ↔ pages for SHOW (DM-1.3 §10; DM-2.0 §5.3.7). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromPage, toPage, unshownParameters } from '../../src/offline/page.ts';

const items = (...texts: readonly string[]) => texts.map((data) => ({ data }));

describe('an alert goes into a page and comes back', () => {
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
  ])('%s', (_, code, texts) => {
    expect(fromPage(toPage(code, items(...texts)))).toEqual({ code, items: items(...texts) });
  });

  test('whatever the texts are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', ' ', 'ü', 'p', '/', ';') });
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (question, choices) => {
        const all = items('', question, ...choices);
        expect(fromPage(toPage(1104, all))).toEqual({ code: 1104, items: all });
      }),
    );
  });
});

describe('a page of anybody else', () => {
  const ours = toPage(1103, items('DR=1', 'Which?', 'A', 'B'));
  test.each([
    ['nothing', ''],
    ['plain text', 'Hello'],
    ['another page', '<!DOCTYPE html><html><body><p>Hello</p></body></html>'],
    ['one of ours with something more', ours.replace('</body>', '<script>x()</script></body>')],
    ['one of ours with another form', ours.replace('method="post"', 'method="get"')],
    ['one of ours with a mixed choice', ours.replace('type="radio"', 'type="checkbox"')],
  ])('is no alert: %s', (_, page) => expect(fromPage(page)).toBeUndefined());
});

describe('parameters without a place in the page', () => {
  test.each<[number, string, readonly string[]]>([
    [1100, 'MINDT=10&MAXDT=20', ['MINDT=10', 'MAXDT=20']],
    [1101, 'DR=0', ['DR=0']],
    [1102, 'MAXLEN=3&DR=x&IT=A&ET=T', []],
    [1102, 'IT=I', ['IT=I']],
    [1102, 'ET=X', ['ET=X']],
    [1102, 'IT=N&ET=P', []],
    [1103, 'DR=1&MAXLEN=3', ['MAXLEN=3']],
    [1104, '', []],
  ])('%i with %s: %j', (code, parameters, expected) => {
    expect(unshownParameters(code, items(parameters, 'text'))).toEqual(expected);
  });
});
