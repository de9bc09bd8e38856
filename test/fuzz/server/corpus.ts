/**
 * The kept corpus: good messages first, one a line, then a recipe a line for what becomes of them.
 *
 * Bytes are kept, not what makes them, so that the corpus stays what it was when codecs change. Run directly, it is written
 * anew; that is done once, and again only when the seeds change.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { prepare, type Recipe, recipe } from './mutate.ts';
import { type Form, makeSeeds, type Seed } from './seeds.ts';

const CORPUS_SIZE = 2200;
const FILE = new URL('corpus.jsonl', import.meta.url);

interface SeedLine {
  readonly form: Form;
  readonly inSession: boolean;
  readonly seed: string;
}

/** Every message of the corpus, ready to be sent. */
export function readCorpus(): readonly Seed[] {
  const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n');
  const parsed = lines.map((line): SeedLine | Recipe => JSON.parse(line));
  const seeds = parsed.flatMap((line) => ('seed' in line ? [fromLine(line)] : []));
  return parsed.flatMap((line) => ('seed' in line ? [] : [prepare(seeds, line)]));
}

function fromLine({ form, inSession, seed }: SeedLine): Seed {
  return { form, inSession, body: Buffer.from(seed, 'base64') };
}

if (import.meta.main) {
  const seeds = makeSeeds();
  const lines: readonly (SeedLine | Recipe)[] = [
    ...seeds.map(({ form, inSession, body }) => ({ form, inSession, seed: body.toString('base64') })),
    ...Array.from({ length: CORPUS_SIZE }, (_, number) => recipe(seeds, number)),
  ];
  writeFileSync(FILE, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}
