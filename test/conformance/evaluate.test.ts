import { describe, expect, test } from 'vitest';
import { evaluate, identifiersIn, type TestResult } from '../../scripts/conformance/evaluate.ts';
import { renderPage, renderSummary } from '../../scripts/conformance/render.ts';
import { type Item, loadTables } from '../../scripts/conformance/tables.ts';
import { wholeEngineTests } from '../../scripts/conformance/whole-engine.ts';

const item: Item = { id: 'DM-PRO-S-001-M', obligation: 'M', function: 'a | b', reference: '§6' };
const table = (items: readonly Item[]) => ({ document: 'A', source: 'B', items });
const result = (title: string, over: Partial<TestResult> = {}): TestResult => ({
  file: 'test/bridge/a.test.ts',
  title,
  passed: true,
  ...over,
});
const isWhole = (file: string): boolean => file.startsWith('test/bridge/');
const statusOf = (one: Item, tests: readonly TestResult[]): string | undefined =>
  evaluate([table([one])], tests, isWhole).tables[0]?.verdicts[0]?.status;

describe('the tables', () => {
  const tables = loadTables('scripts/conformance');

  test('the tables hold every item of the documents, each identifier once', () => {
    expect(tables.map(({ document, items }) => [document, items.length])).toEqual([
      ['Client Profile of DM 1.3, rows that concern messages', 126],
      ['DM 1.3 Protocol, B.2 SCR for DM Server', 36],
      ['DM 2.0 Protocol, B.1 SCR for DM Client', 101],
      ['DM Notification 1.3, B.2 SCR for Server', 15],
    ]);
    const ids = tables.flatMap(({ items }) => items.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('each obligation is the one in the printed identifier', () => {
    const printed = tables.flatMap(({ items }) => items).filter(({ id }) => !id.startsWith('CP-'));
    expect(printed.filter(({ id, obligation }) => !id.endsWith(`-${obligation}`))).toEqual([]);
  });

  test('every identifier is found in a title', () => {
    const ids = tables.flatMap(({ items }) => items.map(({ id }) => id));
    expect(ids.filter((id) => identifiersIn(`see ${id}, and more`)[0] !== id)).toEqual([]);
  });
});

describe('identifiers in titles', () => {
  test.each([
    ['several', 'DM-PRO-S-001-M and [CP-DMREPU-7.1.2]', ['DM-PRO-S-001-M', 'CP-DMREPU-7.1.2']],
    ['a long one, not only its beginning', 'CP-DMPRO-7.2a', ['CP-DMPRO-7.2a']],
    ['one that occurs twice', 'twice DM-SEC-001-C-M DM-SEC-001-C-M', ['DM-SEC-001-C-M']],
    ['one before a full stop', 'SCR-DM-NOTI-S-001-M.', ['SCR-DM-NOTI-S-001-M']],
    ['none in a clause', 'DM-1.3 §8 is a clause', []],
  ])('identifiers are found in a title: %s', (_name, title, ids) => expect(identifiersIn(title)).toEqual(ids));
});

describe('status of an item', () => {
  test.each<[string, Item, TestResult[], string]>([
    ['no test', item, [], 'not proven'],
    ['a passing test', item, [result('DM-PRO-S-001-M')], 'proven'],
    ['a test of a codec alone', item, [result('DM-PRO-S-001-M', { file: 'test/syncml/a.test.ts' })], 'partly'],
    ['a part', item, [result('DM-PRO-S-001-M (part)')], 'partly'],
    ['a part and the whole', item, [result('DM-PRO-S-001-M (part)'), result('DM-PRO-S-001-M')], 'proven'],
    [
      'a test of a codec and a whole one',
      item,
      [result('DM-PRO-S-001-M', { file: 'test/syncml/a.test.ts' }), result('DM-PRO-S-001-M')],
      'proven',
    ],
    [
      'a failure among successes',
      item,
      [result('DM-PRO-S-001-M'), result('DM-PRO-S-001-M', { passed: false })],
      'broken',
    ],
    ['a failure elsewhere', item, [result('DM-PRO-S-001-M', { file: 'test/mo/a.test.ts', passed: false })], 'broken'],
  ])('an item gets its status from %s', (_name, one, tests, expected) => expect(statusOf(one, tests)).toBe(expected));

  test('a failed test is reported once, however many items it has', () => {
    const failed = result('DM-PRO-S-001-M DM-PRO-S-002-M', { passed: false });
    expect(
      evaluate([table([item])], [failed, result('DM-PRO-S-001-M'), result('no item', { passed: false })], isWhole)
        .broken,
    ).toEqual([failed]);
  });

  test('an identifier that is in no table is reported', () => {
    expect(evaluate([table([item])], [result('DM-PRO-S-999-M')], isWhole).unknown).toEqual(['DM-PRO-S-999-M']);
  });
});

describe('tests of a whole engine', () => {
  test.each([
    ['drives the bridge of a helper', 'test/bridge/alerts.test.ts', true],
    ['plays transcripts', 'test/transcripts/play.test.ts', true],
    ['starts a process', 'test/e2e/http.test.ts', true],
    ['starts a server', 'test/http/ddf.test.ts', true],
    ['drives the session machine toward a device', 'test/dm1/device-events.test.ts', true],
    ['drives the client of a backend', 'test/http/backend-client.test.ts', false],
    ['drives a listener', 'test/http/south-tls.test.ts', false],
    ['reads messages', 'test/syncml/parse-message.test.ts', false],
  ])('a file that %s: %s is judged by its imports', (_what, file, expected) => {
    expect(wholeEngineTests('.')(file)).toBe(expected);
  });
});

describe('page and summary', () => {
  const evaluation = evaluate(
    [table([item, { ...item, id: 'DM-PRO-S-002-M', note: 'not built' }])],
    [result('as written [DM-PRO-S-001-M]')],
    isWhole,
  );

  test('the page has a row per item, with the proof or the reason', () => {
    const page = renderPage(evaluation);
    expect(page).toContain('| DM-PRO-S-001-M | M | a \\| b | §6 | proven | test/bridge/a.test.ts: as written |');
    expect(page).toContain('| DM-PRO-S-002-M | M | a \\| b | §6 | not proven | not built |');
    expect(page).toContain('| A | 2 (2) | 1 (1) | 0 (0) | 1 (1) |');
  });

  test('the summary has one line per document', () => {
    expect(renderSummary(evaluation)).toBe('A: 1 proven, 0 partly, 1 not proven');
  });
});
