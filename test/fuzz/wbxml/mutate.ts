/**
 * Damage to a WBXML message, decided by a seeded generator: the same seed gives the same message for ever.
 *
 * Run directly, it writes the kept corpus beside it; that is done once, and again only when the seeds change.
 */
import { writeFileSync } from 'node:fs';
import { generator } from '../generator.ts';
import { SEEDS } from './seeds.ts';

const CORPUS_SIZE = 300;

/** Bytes with a meaning of their own wherever a token or a length stands. */
const TELLING = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x43, 0x44, 0x45, 0x7f, 0x80, 0x83, 0x84, 0xc3, 0xc4, 0xff];

/** One of the seeds with one to three wounds. */
export function mutated(seed: number): Uint8Array {
  const next = generator(seed);
  let body = Buffer.from(SEEDS[next(SEEDS.length)] ?? []);
  for (let wounds = 1 + next(3); wounds > 0; wounds--) body = wound(body, next);
  return new Uint8Array(body);
}

function wound(body: Buffer, next: (below: number) => number): Buffer<ArrayBuffer> {
  const at = next(body.length + 1);
  const end = Math.min(body.length, at + 1 + next(12));
  const telling = TELLING[next(TELLING.length)] ?? 0;
  switch (next(6)) {
    case 0:
      return Buffer.concat([body.subarray(0, at), body.subarray(end)]);
    case 1:
      return Buffer.concat([body.subarray(0, at), Buffer.of(telling), body.subarray(at)]);
    case 2:
      return Buffer.concat([body.subarray(0, at), Buffer.of(telling), body.subarray(at + 1)]);
    case 3:
      return Buffer.concat([body.subarray(0, end), body.subarray(at)]);
    case 4:
      return Buffer.concat([body.subarray(0, at), Buffer.of((body[at] ?? 0) ^ (1 << next(8))), body.subarray(at + 1)]);
    default:
      return Buffer.concat([body.subarray(0, at)]);
  }
}

if (import.meta.main) {
  const lines = Array.from({ length: CORPUS_SIZE }, (_, seed) => Buffer.from(mutated(seed)).toString('hex'));
  writeFileSync(new URL('corpus.txt', import.meta.url), `${lines.join('\n')}\n`);
}
