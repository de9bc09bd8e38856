/**
 * Damages the bytes of a message at random. A seeded generator decides: the same seed always gives the same message.
 *
 * When this file is run as a program, it writes the corpus. That is necessary only when the seeds change.
 */
import { writeFileSync } from 'node:fs';
import { generator } from '../generator.ts';
import { SEEDS } from './seeds.ts';

const CORPUS_SIZE = 300;

const INSERTIONS = [
  '<',
  '>',
  '&',
  ']]>',
  '"',
  "'",
  '--',
  '<!--',
  '<![CDATA[',
  '<?',
  '</',
  '/>',
  '<Data>',
  '</Data>',
  '<!DOCTYPE a [',
  '&#0;',
  '&#x10FFFF;',
  '&x;',
  ' xmlns=""',
  ' xmlns:p=""',
  'p:',
  '-1',
  '99999999999999999999',
  '\u0000',
  '\u00ff',
  '\ud7ff',
  '\r\n',
];

/** Returns one of the seeds with one or two changes: a cut, an insertion, a repeated piece, a flipped bit or a lost end. */
export function mutated(seed: number): Uint8Array {
  const next = generator(seed);
  let body: Buffer = Buffer.from(SEEDS[next(SEEDS.length)] ?? '');
  for (let changes = 1 + next(2); changes > 0; changes--) body = changed(body, next);
  return body;
}

function changed(body: Buffer, next: (below: number) => number): Buffer {
  const at = next(body.length + 1);
  const length = next(12);
  const [before, piece, after] = [body.subarray(0, at), body.subarray(at, at + length), body.subarray(at + length)];
  switch (next(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, after]);
    case 2: {
      const flipped = Buffer.from(body);
      if (at < body.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << next(8));
      return flipped;
    }
    case 3:
      return next(4) === 0 ? Buffer.from(before) : Buffer.concat([before, Buffer.from(piece).reverse(), after]);
    default:
      return Buffer.concat([before, Buffer.from(INSERTIONS[next(INSERTIONS.length)] ?? ''), piece, after]);
  }
}

if (import.meta.main) {
  const lines = Array.from({ length: CORPUS_SIZE }, (_, seed) =>
    JSON.stringify(Buffer.from(mutated(seed)).toString('latin1')),
  );
  writeFileSync(new URL('corpus.jsonl', import.meta.url), `${lines.join('\n')}\n`);
}
