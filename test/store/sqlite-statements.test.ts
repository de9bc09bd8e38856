/** The work of a statement does not grow with the number of devices, sessions or alerts. */
import { expect, test } from 'vitest';
import { IN_MEMORY, openDatabase } from '../../src/store/sqlite-schema.ts';
import { prepareStatements } from '../../src/store/sqlite-statements.ts';

/** They read their first rows only: any record, and a page of the index of refused alerts. */
const FIRST_ROWS = ['anyRecord', 'listRefused'];
/** An import counts the devices once, at its end. */
const ONCE_PER_IMPORT = ['countDevices'];

test('every statement finds its rows by an index', () => {
  using db = openDatabase(IN_MEMORY);
  const scans: string[] = [];
  const queries = Object.entries(prepareStatements(db)).filter(([, { sourceSQL }]) => !sourceSQL.startsWith('PRAGMA'));
  expect(queries.length).toBeGreaterThan(30);
  for (const [name, { sourceSQL }] of queries) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all();
    if (plan.some(({ detail }) => /^SCAN/.test(String(detail)))) scans.push(name);
  }
  expect(scans.sort()).toEqual([...FIRST_ROWS, ...ONCE_PER_IMPORT].sort());
});

test('open sessions are sought by the times that bound a page, not by the row before it', () => {
  using db = openDatabase(IN_MEMORY);
  const { openBefore, openAfter } = prepareStatements(db);
  const seeksOf = (sql: string) => db.prepare(`EXPLAIN ${sql}`).all();
  for (const [{ sourceSQL }, opcode] of [
    [openBefore, 'IdxGE'],
    [openAfter, 'SeekGT'],
  ] as const) {
    expect(seeksOf(sourceSQL).map((row) => row.opcode)).toContain(opcode);
  }
});
