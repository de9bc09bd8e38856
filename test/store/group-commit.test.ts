import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';

describe('GroupCommit', () => {
  let db: DatabaseSync;
  let group: GroupCommit;

  beforeEach(() => {
    db = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
    db.exec('CREATE TABLE parent (id INTEGER PRIMARY KEY)');
    // Deferred: an orphan is found only by COMMIT.
    db.exec('CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)');
    group = new GroupCommit(db);
  });
  afterEach(() => db.close());

  const insert = (id: number) => () => db.prepare('INSERT INTO parent VALUES (?)').run(id).lastInsertRowid;
  const orphan = () => db.prepare('INSERT INTO child VALUES (99)').run();
  const parents = () =>
    db
      .prepare('SELECT id FROM parent ORDER BY id')
      .all()
      .map(({ id }) => id);

  test('what arrives in one turn is one transaction, in order of arrival', async () => {
    const inTransaction: boolean[] = [];
    const work = (id: number) => () => {
      inTransaction.push(db.isTransaction);
      return insert(id)();
    };
    const pending = [1, 2, 3].map((id) => group.submit(work(id)));
    expect(inTransaction).toEqual([]);
    expect(await Promise.all(pending)).toEqual([1, 2, 3]);
    expect(inTransaction).toEqual([true, true, true]);
    expect(db.isTransaction).toBe(false);
  });

  test('when COMMIT itself fails, only the work to blame is refused; nobody was told before', async () => {
    const order: string[] = [];
    const settle = (name: string, pending: Promise<unknown>) =>
      pending.then(
        () => order.push(`${name} stands`),
        () => order.push(`${name} failed`),
      );
    const all = [settle('one', group.submit(insert(1))), settle('orphan', group.submit(orphan))];
    await Promise.all([...all, settle('two', group.submit(insert(2)))]);
    expect(order.sort()).toEqual(['one stands', 'orphan failed', 'two stands']);
    expect(parents()).toEqual([1, 2]);
    expect(db.prepare('SELECT count(*) AS n FROM child').get()).toEqual({ n: 0 });
  });

  test('COMMIT that fails alone is told, and the next one works', async () => {
    await expect(group.submit(orphan)).rejects.toThrow(/FOREIGN KEY/);
    await expect(group.submit(insert(1))).resolves.toBe(1);
  });

  test('a refusal leaves the group in place', async () => {
    const runs: number[] = [];
    const results = await Promise.allSettled([
      group.submit(() => runs.push(1)),
      group.submit(() => {
        throw new StoreError('ERR_STORE_FAILED', 'refused');
      }),
      group.submit(insert(2)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(runs).toEqual([1]);
    expect(parents()).toEqual([2]);
  });

  test('closing commits what waits and refuses what comes later', async () => {
    const waiting = group.submit(insert(1));
    group.close();
    expect(parents()).toEqual([1]);
    await expect(waiting).resolves.toBe(1);
    await expect(group.submit(insert(2))).rejects.toThrow(StoreError);
  });
});
