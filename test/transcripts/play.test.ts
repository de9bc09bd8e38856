/** Plays every transcript of this folder; the title has the conformance items that the transcript proves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTranscript } from '../support/transcript/parse.ts';
import { playBridge } from '../support/transcript/play-bridge.ts';
import { playDm1Session } from '../support/transcript/play-dm1-session.ts';
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
    if (setup.player === 'dm1-session') {
      test(`the session goes as written ${proof}`, () => playDm1Session(setup, steps));
      test.each(WBXML_FORMS)('the session goes as written in $name', (form) => playDm1Session(setup, steps, form));
      return;
    }
    test(`the session goes as written ${proof}`, () => playBridge(setup, steps));
    test('the session goes as written when the bridge restarts before every message', () =>
      playBridge(setup, steps, { restarts: true }));
    test.each(WBXML_FORMS)('the session goes as written in $name', (form) => playBridge(setup, steps, { form }));
  });
}
