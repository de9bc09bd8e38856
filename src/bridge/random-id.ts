import type { Random } from './ports.ts';

/** A name that does not come twice: random bytes in hexadecimal digits. */
export function randomId(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex');
}
