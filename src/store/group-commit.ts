/**
 * Many commits in one transaction: the work that was submitted in one turn of the event loop becomes durable together.
 *
 * `synchronous=FULL` makes every COMMIT wait for the disk; shared by a group, that wait costs each of them little. A caller
 * hears that its commit is done only after the COMMIT of the group returned.
 */
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';

/**
 * Runs inside the transaction, and a second time alone when another job broke the transaction. A StoreError means that the
 * work refused before it had written anything.
 */
export type Work<T> = () => T;

interface Job {
  /** Does the work; the function that it returns tells the caller, once the transaction is committed. */
  run(): () => void;
  reject(error: unknown): void;
}

export class GroupCommit {
  readonly #db: DatabaseSync;
  #waiting: Job[] = [];
  #closed = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Resolves with what `work` gives, after it is durable. */
  submit<T>(work: Work<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreError('ERR_STORE_FAILED', 'the store is closed'));
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const value = work();
        return () => resolve(value);
      };
      // After the poll phase: every message that arrived in this turn is in the group.
      if (this.#waiting.push({ run, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits at once what is waiting. */
  flush(): void {
    const jobs = this.#waiting;
    this.#waiting = [];
    if (jobs.length === 0) return;
    try {
      this.#commit(jobs);
    } catch (error) {
      // One of them broke the transaction; alone, each shows whether it was the one.
      if (jobs.length === 1) jobs[0]?.reject(error);
      else for (const job of jobs) this.#commitAlone(job);
    }
  }

  /** Commits the waiting jobs; later ones are refused. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  #commitAlone(job: Job): void {
    try {
      this.#commit([job]);
    } catch (error) {
      job.reject(error);
    }
  }

  /** Runs all jobs in one transaction; a job that refuses is told so, and the others are committed. */
  #commit(jobs: readonly Job[]): void {
    const answers: (() => void)[] = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const job of jobs) {
        try {
          answers.push(job.run());
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          answers.push(() => job.reject(error));
        }
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    for (const answer of answers) answer();
  }
}
