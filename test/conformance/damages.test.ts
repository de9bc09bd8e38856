/** The damages of `npm run conformance:mutants` are whole: one for each mandatory item that a test claims, each with a place. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimingFiles, titlePattern } from '../../scripts/conformance/claims.ts';
import { applyDamage, type Damage, loadDamages, sampleDamages } from '../../scripts/conformance/damages.ts';
import { loadTables } from '../../scripts/conformance/tables.ts';
import { wholeEngineTests } from '../../scripts/conformance/whole-engine.ts';

const root = join(import.meta.dirname, '..', '..');
const damages = loadDamages(join(root, 'scripts', 'conformance', 'damages'));
const items = loadTables(join(root, 'scripts', 'conformance')).flatMap((table) => table.items);
const mandatory = items.filter(({ obligation }) => obligation === 'M').map(({ id }) => id);
const damaged = new Set(damages.flatMap((damage) => damage.items));

const damageOf = (over: Partial<Damage> = {}): Damage => ({
  items: ['DM-PRO-S-001-M'],
  fault: 'nothing works',
  file: 'a.ts',
  find: 'b',
  replace: 'x',
  ...over,
});

describe('the damages', () => {
  test('every mandatory item that a test of a whole engine claims has a damage', () => {
    const filesOf = claimingFiles(root);
    const isWhole = wholeEngineTests(root);
    const claimed = mandatory.filter((id) => filesOf(id).some(isWhole));
    expect(claimed.length).toBeGreaterThan(0);
    expect(claimed.filter((id) => !damaged.has(id))).toEqual([]);
  });

  test('every damage is for items of the tables', () => {
    const ids = new Set(items.map(({ id }) => id));
    expect([...damaged].filter((id) => !ids.has(id))).toEqual([]);
  });

  test('the text that a damage replaces occurs exactly once in its file', () => {
    const lost = damages.filter((damage) => damagedText(damage) === undefined);
    expect(lost.map(({ file, find }) => `${file}: ${find}`)).toEqual([]);
  });

  test('a damaged file is still a program', () => {
    const broken = damages.filter((damage) => damage.file.endsWith('.ts') && !isProgram(damagedText(damage) ?? ''));
    expect(broken.map(({ file, find }) => `${file}: ${find}`)).toEqual([]);
  });
});

function damagedText(damage: Damage): string | undefined {
  return applyDamage(damage, readFileSync(join(root, damage.file), 'utf8'));
}

function isProgram(text: string): boolean {
  try {
    stripTypeScriptTypes(text);
    return true;
  } catch {
    return false;
  }
}

describe('applying a damage', () => {
  test.each([
    ['once', 'abc', 'axc'],
    ['twice', 'abcb', undefined],
    ['not at all', 'ac', undefined],
  ])('a text that occurs %s is replaced or refused', (_, source, expected) => {
    expect(applyDamage(damageOf(), source)).toBe(expected);
  });

  test('the replacement is taken literally', () => {
    expect(applyDamage(damageOf({ replace: "$&$'" }), 'abc')).toBe("a$&$'c");
  });
});

describe('a sample', () => {
  const all = Array.from({ length: 20 }, (_, at) => damageOf({ find: String(at) }));

  test('a sample has as many damages as it is asked for, each once', () => {
    expect(new Set(sampleDamages(all, 5, 'seed')).size).toBe(5);
    expect(sampleDamages(all, 50, 'seed')).toHaveLength(20);
  });

  test('the seed alone decides over the sample, whatever the order of the list', () => {
    expect(sampleDamages(all.toReversed(), 5, 'seed')).toEqual(sampleDamages(all, 5, 'seed'));
    expect(sampleDamages(all, 5, 'other')).not.toEqual(sampleDamages(all, 5, 'seed'));
  });
});

describe('titles', () => {
  test.each([
    { form: 'it in parentheses', id: 'CP-DMPRO-7', title: 'a test (CP-DMPRO-7)', expected: true },
    { form: 'a longer one in parentheses', id: 'CP-DMPRO-7', title: 'a test (CP-DMPRO-7.2a)', expected: false },
    { form: 'it before another word', id: 'CP-DMPRO-7', title: 'a test [CP-DMPRO-7 X]', expected: true },
    { form: 'a longer one in brackets', id: 'CP-META-5.2.1', title: 'a test [CP-META-5.2.12]', expected: false },
    { form: 'it before a full stop', id: 'DM-PRO-S-001-M', title: 'a test DM-PRO-S-001-M.', expected: true },
  ])('the pattern for an identifier is compared with a title that has $form', ({ id, title, expected }) => {
    expect(new RegExp(titlePattern([id])).test(title)).toBe(expected);
  });
});
