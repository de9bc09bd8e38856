import { finish, type LongWork } from '../../src/long-work.ts';

/** The function without the parts of its work. */
export function atOnce<A extends unknown[], T>(work: (...args: A) => LongWork<T>): (...args: A) => T {
  return (...args) => finish(work(...args));
}
