/** Reads the JSON report of the test runner. */
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { compileSchema } from '../../src/json-schema.ts';
import type { TestResult } from './evaluate.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const text = { type: 'string' };
const validate = compileSchema<Report>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['testResults'],
  properties: {
    testResults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'assertionResults'],
        properties: {
          name: text,
          assertionResults: {
            type: 'array',
            items: {
              type: 'object',
              required: ['ancestorTitles', 'title', 'status'],
              properties: { ancestorTitles: { type: 'array', items: text }, title: text, status: text },
            },
          },
        },
      },
    },
  },
});

/**
 * Every test of a report; the titles of groups are joined by ` › `.
 * @param root the project root
 */
export function readReport(path: string, root: string): readonly TestResult[] {
  const checked = validate(JSON.parse(readFileSync(path, 'utf8')));
  if (!checked.ok) throw new Error(`${path}: not a report of the test runner`);
  return checked.value.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({
      file: relative(root, suite.name).split(sep).join('/'),
      title: [...test.ancestorTitles, test.title].filter((part) => part !== '').join(' › '),
      passed: test.status === 'passed',
    })),
  );
}
