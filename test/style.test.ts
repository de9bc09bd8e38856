/**
 * How sources are written: plain comments, no conditional spreads, few parameters, flat functions, rooms of bounded size.
 *
 * The checks read text, not a syntax tree; the formatter guarantees the forms that they look for.
 */
import { describe, expect, test } from 'vitest';
import { readSourceFiles, type SourceFile, toSourceFile } from './support/source-files.ts';

const files = readSourceFiles('src');

/** Words that say nothing to a reader who does not know the project. */
const ODD_WORDS = /\b(?:nobody|somebody|stands|crossing|conductor)\b/iu;
/** A comment that cites a document outside the repository. */
const FOREIGN_DOCUMENT = /\((?:design|field|issue)\b[^)]*\)|\bdesign(?::|\/\d)/u;
const NOUN_CLAUSE = /^(?:What|Whether|Who|How)\b/u;
const CONDITIONAL_SPREAD = /\.\.\.\([^()]*(?:\([^()]*\)[^()]*)*(?:(?<!\?)\?(?!\?)[^()?]*\{|&&\s*\{)/u;
const MOST_PARAMETERS = 4;
const MOST_NESTING = 3;

describe('the style of sources', () => {
  test('comments are plain sentences', () => {
    expect(files.flatMap((file) => commentsOf(file).filter(isOdd))).toEqual([]);
  });

  test('objects are built without conditional spreads', () => {
    const lines = files.reduce((sum, { text }) => sum + text.split('\n').length, 0);
    const spreads = files.flatMap(({ path, code }) => (CONDITIONAL_SPREAD.test(code) ? [path] : []));
    expect(spreads.length).toBeLessThan(lines / 1_000);
    expect(spreads).toEqual([]);
  });

  test('functions have at most four parameters', () => {
    expect(files.flatMap(longParameterLists)).toEqual([]);
  });

  test('blocks are nested at most three deep', () => {
    expect(files.flatMap(deepNesting)).toEqual([]);
  });

  test('the largest room holds at most an eighth of the code', () => {
    const sizes = new Map<string, number>();
    let whole = 0;
    for (const { path, text } of files) {
      const lines = text.split('\n').length;
      const [room = '', inner = ''] = path.split('/');
      const name = room === 'testbed' ? `${room}/${inner}` : room;
      sizes.set(name, (sizes.get(name) ?? 0) + lines);
      whole += lines;
    }
    expect([...sizes].filter(([, lines]) => lines > whole / 8)).toEqual([]);
  });
});

interface Comment {
  readonly at: string;
  readonly text: string;
}

/** Every comment as one line of text. */
function commentsOf({ path, text }: SourceFile): readonly Comment[] {
  const blocks = text.matchAll(/^[ \t]*(?:\/\*\*([\s\S]*?)\*\/|((?:\/\/.*\n[ \t]*)+))/gmu);
  return [...blocks].map((block) => {
    const line = text.slice(0, block.index).split('\n').length;
    const words = (block[1] ?? block[2] ?? '').replaceAll(/^\s*(?:\*|\/\/)?/gmu, ' ').replaceAll(/\s+/gu, ' ');
    return { at: `${path}:${line}`, text: words.trim() };
  });
}

function isOdd({ text }: Comment): boolean {
  return NOUN_CLAUSE.test(text) || ODD_WORDS.test(text) || FOREIGN_DOCUMENT.test(text);
}

function longParameterLists({ path, code }: SourceFile): readonly string[] {
  return [...code.matchAll(/\bfunction\*?\s+(\w+)\s*(?:<[^(]*>)?\(|^ {2}(?:async )?\*?(#?\w+)\(/gmu)].flatMap(
    (head) => {
      const list = insideParentheses(code, head.index + head[0].length);
      const count = topLevelItems(list);
      return count > MOST_PARAMETERS ? [`${path}: ${head[1] ?? head[2]} (${count})`] : [];
    },
  );
}

/** The text from `start` to the parenthesis that closes the one before it. */
function insideParentheses(code: string, start: number): string {
  let depth = 1;
  for (let at = start; at < code.length; at += 1) {
    if (code[at] === '(') depth += 1;
    if (code[at] === ')') depth -= 1;
    if (depth === 0) return code.slice(start, at);
  }
  return '';
}

/** Counts the items of a list that commas separate, nested ones aside. */
function topLevelItems(list: string): number {
  let depth = 0;
  let current = '';
  const items: string[] = [];
  for (const [at, char] of [...list].entries()) {
    if ('([{<'.includes(char)) depth += 1;
    if (')]}'.includes(char) || (char === '>' && list[at - 1] !== '=')) depth -= 1;
    if (char === ',' && depth === 0) {
      items.push(current);
      current = '';
    } else current += char;
  }
  return [...items, current].filter((item) => item.trim() !== '').length;
}

/** Control blocks inside one another; a function or a class begins anew. */
function deepNesting({ path, code }: SourceFile): readonly string[] {
  const open: ('control' | 'body' | 'other')[] = [];
  const deep: string[] = [];
  for (const { 0: brace, index } of code.matchAll(/[{}]/gu)) {
    if (brace === '}') {
      open.pop();
      continue;
    }
    open.push(kindOfBlock(code.slice(0, index).trimEnd()));
    const begin = open.lastIndexOf('body') + 1;
    const depth = open.slice(begin).filter((kind) => kind === 'control').length;
    if (depth > MOST_NESTING) deep.push(`${path}:${code.slice(0, index).split('\n').length}`);
  }
  return deep;
}

function kindOfBlock(before: string): 'control' | 'body' | 'other' {
  if (/\b(?:else|try|finally|do)$/u.test(before)) return 'control';
  if (before.endsWith('=>')) return 'body';
  if (!before.endsWith(')')) return /\)\s*:[^;={}]*$/u.test(before.slice(-200)) ? 'body' : 'other';
  return /\b(?:if|for|for await|while|switch|catch)\s*$/u.test(beforeParentheses(before)) ? 'control' : 'body';
}

/** The text before the parentheses that end it. */
function beforeParentheses(text: string): string {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    if (text[at] === ')') depth += 1;
    if (text[at] === '(') depth -= 1;
    if (depth === 0) return text.slice(Math.max(0, at - 20), at);
  }
  return '';
}

describe('the checks of style', () => {
  const source = (text: string): SourceFile => toSourceFile('dm1/a.ts', text);

  test.each([
    ['/** What a run waits for. */'],
    ['// Whether it is one.\n'],
    ['/** The store, which nobody else opens. */'],
    ['/**\n * A rule of the product (design: order).\n */'],
  ])('refuse the comment %j', (text) => expect(commentsOf(source(text)).filter(isOdd)).toHaveLength(1));

  test.each([['/** Returns true when the node exists (DM-2.0 §6.1.2). */'], ['// See ADR 7.\n']])(
    'take the comment %j',
    (text) => expect(commentsOf(source(text)).filter(isOdd)).toEqual([]),
  );

  test.each([
    ['const a = { ...(x === undefined ? {} : { x }) };'],
    ['const a = { ...(isThere && { x }) };'],
    ['const a = { ...(f(x) ? { x } : {}) };'],
  ])('find the spread in %j', (text) => expect(CONDITIONAL_SPREAD.test(text)).toBe(true));

  test('count parameters, however they are written', () => {
    expect(
      longParameterLists(source('function f(a: number, { b, c }: B, d: Map<string, number>, e = () => 1) {}')),
    ).toEqual([]);
    expect(longParameterLists(source('function* f(\n  a: A,\n  b: B,\n  c: C,\n  d: D,\n  e: E,\n) {}'))).toEqual([
      'dm1/a.ts: f (5)',
    ]);
  });

  test('find deep nesting, and begin anew with a function', () => {
    const four = 'function f() {\n if (a) {\n for (;;) {\n while (b) {\n if (c) {\n } } } } }';
    expect(deepNesting(source(four))).toEqual(['dm1/a.ts:5']);
    expect(deepNesting(source('function f() { if (a) { for (;;) { x.map((y) => { if (y) { } }); } } }'))).toEqual([]);
    expect(deepNesting(source('function f() { if (a) { } else if (b) { } else if (c) { } else { } }'))).toEqual([]);
  });
});
