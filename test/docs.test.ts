/** The documents agree with the repository: paths and links exist, the table of rooms is complete, the language is plain. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSourceFiles, resolveImport } from './support/source-files.ts';

const ARCHITECTURE = 'docs/ARCHITECTURE.md';
/** Made of the titles of tests and of the specifications. */
const GENERATED = 'docs/conformance.md';

const documents = ['README.md', 'CHANGELOG.md', ...globSync('docs/**/*.md')].filter((path) => path !== GENERATED);
const adrs = readdirSync('docs/adr');

/** Words of which the documents say the same in another way. */
const AVOIDED = /\b(?:nobody|somebody|crossings?|conductor|stands)\b|\bdesign:/iu;

/** The beginnings of a path in this repository; all documents write paths from its root. */
const ROOTED = /^(?:src|test|docs|bench|scripts|bin|mappings|examples)\/[\w./-]*$/u;

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The text without fenced blocks. */
function prose(path: string): string {
  return read(path).replaceAll(/^(`{3,}).*?^\1$/gmsu, '');
}

function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/gu)].map(([, span = '']) => span);
}

function section(path: string, heading: string): string {
  const after = prose(path).split(`\n## ${heading}\n`)[1];
  if (after === undefined) throw new Error(`${path} has no section "${heading}"`);
  return after.split('\n## ')[0] ?? '';
}

/** The cells of the rows of the tables in a text, without their headings. */
function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return rows.slice(rows.findIndex(([cell = '']) => cell.startsWith('---')) + 1);
}

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(path: string): readonly string[] {
  return [...prose(path).matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) => anchorOf(heading));
}

function isReachable(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : join(dirname(from), file);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsIn(target).includes(anchor);
}

describe.each(documents)('%s', (path) => {
  test('names paths that exist', () => {
    const linkTexts = [...prose(path).matchAll(/\[([^\]]+)\]\(/gu)].map(([, text = '']) => text);
    const paths = [...codeSpans(prose(path)), ...linkTexts].filter((text) => ROOTED.test(text));
    expect(paths.filter((each) => !existsSync(each))).toEqual([]);
  });

  test('has links that lead to a document and a heading', () => {
    const links = [...prose(path).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link = '']) => link);
    const inside = links.filter((link) => !/^[a-z]+:/u.test(link));
    expect(inside.filter((link) => !isReachable(path, link))).toEqual([]);
  });

  test('is written in plain words', () => {
    const lines = read(path).split('\n');
    expect(lines.filter((line) => AVOIDED.test(line))).toEqual([]);
  });
});

describe('docs/ARCHITECTURE.md', () => {
  const rooms = tableRows(section(ARCHITECTURE, 'Rooms')).map(([cell = '']) => cell.replaceAll(/[`/]/gu, ''));

  test('lists every room of src', () => {
    const found = readdirSync('src').filter((name) => !name.startsWith('.'));
    expect([...rooms].sort()).toEqual(found.sort());
  });

  test('lists the rooms in the order of imports', () => {
    const roomOf = (path: string): string => path.split('/')[0] ?? '';
    const upward = readSourceFiles('src').flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier }) => {
        const target = resolveImport(path, specifier);
        if (target === undefined) return [];
        return rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(path)) ? [`${path} imports ${target}`] : [];
      }),
    );
    expect(upward).toEqual([]);
  });

  test('names every step of a message', () => {
    const steps = readdirSync('src/bridge/steps').map((name) => `src/bridge/steps/${name}`);
    const named = codeSpans(section(ARCHITECTURE, 'One message'));
    expect(steps.filter((step) => !named.includes(step))).toEqual([]);
  });

  test('names only paths of this repository in its tables', () => {
    const cells = ['Where a change goes', 'One message'].flatMap((heading) =>
      tableRows(section(ARCHITECTURE, heading)),
    );
    const paths = cells.flatMap((row) => codeSpans(row.join(' '))).filter((span) => span.includes('/'));
    expect(paths.length).toBeGreaterThan(30);
    expect(paths.filter((each) => !existsSync(each))).toEqual([]);
  });

  test('has a glossary of at most ten words', () => {
    const words = tableRows(section(ARCHITECTURE, 'Glossary'));
    expect(words.length).toBeGreaterThan(0);
    expect(words.length).toBeLessThanOrEqual(10);
  });
});

describe('docs/adr', () => {
  test.each(adrs)('%s has its number, a context, a decision and consequences', (name) => {
    const text = read(`docs/adr/${name}`);
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `, 'u'));
    const headings = [...text.matchAll(/^## (.+)$/gmu)].map(([, heading]) => heading);
    expect(headings).toEqual(['Context', 'Decision', 'Consequences']);
  });

  test('numbers are used once, without a gap', () => {
    expect(adrs.map((name) => Number(name.slice(0, 4)))).toEqual(adrs.map((_, at) => at + 1));
  });
});

describe('docs/dependencies.md', () => {
  test('gives a reason for every package of package.json, and for no other', () => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read('package.json'));
    const packages = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
    const rows = ['At run time', 'For development'].flatMap((heading) =>
      tableRows(section('docs/dependencies.md', heading)),
    );
    const named = rows.flatMap(([cell = '']) => cell.replace(' (optional)', '').split(', '));
    expect([...named].sort()).toEqual(packages.sort());
  });
});
