/** docs/operations/log-events.md names each event of the code with its level and its facts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LOG_LEVELS } from '../src/log-events.ts';
import { readSourceFiles } from './support/source-files.ts';

const PAGE = readFileSync(new URL('../docs/operations/log-events.md', import.meta.url), 'utf8');
const SOURCE = readFileSync(new URL('../src/log-events.ts', import.meta.url), 'utf8');

interface Row {
  readonly event: string;
  readonly level: string;
  readonly facts: readonly string[];
  readonly meaning: string;
  readonly advice: string;
}

const rows = PAGE.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line): Row => {
    const [, event = '', level = '', facts = '', meaning = '', advice = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    return { event: event.replaceAll('`', ''), level, facts: namesIn(facts), meaning, advice };
  });

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`(\w+)`/gu)].map(([, name = '']) => name);
}

/** The members of an event's facts as the type declares them, whether inline or by the name of a type. */
function declaredFacts(event: string): readonly string[] {
  const declared = new RegExp(`'${event.replace('.', '\\.')}': (\\{[^}]*\\}|[\\w<>, ]+);`, 'u').exec(SOURCE)?.[1] ?? '';
  if (declared.startsWith('Readonly<Record<never')) return [];
  const body = declared.startsWith('{')
    ? declared
    : (new RegExp(`(?:type|interface) ${declared} (?:= )?(\\{[^}]*\\})`, 'u').exec(SOURCE)?.[1] ?? '');
  return [...body.matchAll(/readonly (\w+)\??:/gu)].map(([, name = '']) => name);
}

describe('docs/operations/log-events.md', () => {
  test('has one row for each event of the code, in alphabetical order', () => {
    expect(rows.map(({ event }) => event)).toEqual(Object.keys(LOG_LEVELS).sort());
  });

  test.for(rows)('tells level and facts of $event', ({ event, level, facts, meaning, advice }) => {
    expect(level).toBe(Object.entries(LOG_LEVELS).find(([id]) => id === event)?.[1]);
    expect(facts).toEqual(declaredFacts(event));
    expect([meaning, advice].every((text) => text.endsWith('.'))).toBe(true);
  });

  test('the code logs each event that is declared', () => {
    const code = readSourceFiles('src').filter(({ path }) => path !== 'log-events.ts');
    const unused = Object.keys(LOG_LEVELS).filter((event) => !code.some(({ text }) => text.includes(`'${event}'`)));
    expect(unused).toEqual([]);
  });

  test('ids are dotted words in lower case', () => {
    for (const { event } of rows) expect(event).toMatch(/^[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*$/u);
  });
});
