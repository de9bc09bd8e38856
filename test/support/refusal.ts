import { DecodeError } from '../../src/errors.ts';

/** Returns the DecodeError that a function throws. Fails when it throws another error or none. */
export function refusalOf(read: () => unknown): DecodeError {
  try {
    read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
