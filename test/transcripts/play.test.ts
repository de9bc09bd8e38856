/** Plays every transcript of this folder; the conformance items that it proves stand in its title. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTranscript } from '../support/transcript/parse.ts';
import { playBridge } from '../support/transcript/play-bridge.ts';
import { playEngine } from '../support/transcript/play-engine.ts';
import { parseSetup } from '../support/transcript/setup.ts';
import { WBXML_FORMS } from '../support/transcript/wire-form.ts';

const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .sort();

test('there are transcripts to play', () => expect(names.length).toBeGreaterThan(7));

for (const name of names) {
  const { title, setup: raw, steps } = parseTranscript(readFileSync(join(folder, name), 'utf8'));
  const setup = parseSetup(raw);
  describe(`${name}: ${title}`, () => {
    const proof = `[${setup.proves.join(' ')}]`;
    if (setup.player === 'south-engine') {
      test(`as written ${proof}`, () => playEngine(setup, steps));
      test.each(WBXML_FORMS)('as $name', (form) => playEngine(setup, steps, form));
      return;
    }
    test(`as written ${proof}`, () => playBridge(setup, steps));
    test('killed and started anew before every message', () => playBridge(setup, steps, { restarts: true }));
    test.each(WBXML_FORMS)('as $name', (form) => playBridge(setup, steps, { form }));
  });
}
