/**
 * Damages a WBXML message at random. A seeded generator decides: the same seed always gives the same message.
 *
 * When this file is run as a program, it writes the corpus. That is necessary only when the seeds change.
 */
import { writeFileSync } from 'node:fs';
import { generator } from '../generator.ts';
import { SEEDS } from './seeds.ts';

const CORPUS_SIZE = 300;

/** Bytes with a special meaning as a token or as a length. */
const SPECIAL_BYTES = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x40, 0x43, 0x44, 0x45, 0x7f, 0x80, 0x83, 0x84, 0xc3, 0xc4, 0xff,
];

/** Returns one of the seeds with one to three changes. */
export function mutated(seed: number): Uint8Array {
  const next = generator(seed);
  let body = Buffer.from(SEEDS[next(SEEDS.length)] ?? []);
  for (let changes = 1 + next(3); changes > 0; changes--) body = changed(body, next);
  return new Uint8Array(body);
}

function changed(body: Buffer, next: (below: number) => number): Buffer<ArrayBuffer> {
  const at = next(body.length + 1);
  const end = Math.min(body.length, at + 1 + next(12));
  const special = SPECIAL_BYTES[next(SPECIAL_BYTES.length)] ?? 0;
  switch (next(6)) {
    case 0:
      return Buffer.concat([body.subarray(0, at), body.subarray(end)]);
    case 1:
      return Buffer.concat([body.subarray(0, at), Buffer.of(special), body.subarray(at)]);
    case 2:
      return Buffer.concat([body.subarray(0, at), Buffer.of(special), body.subarray(at + 1)]);
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
