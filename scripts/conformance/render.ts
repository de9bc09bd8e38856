/**
 * Writes docs/conformance.md and the summary on the screen. The same evaluation gives the same bytes.
 */
import type { Evaluation, ItemStatus, TestResult, Verdict } from './evaluate.ts';

const STATUSES: readonly ItemStatus[] = ['proven', 'partly', 'not proven', 'broken'];
const LISTED_TESTS = 3;

/** The Markdown page, with one table per document. */
export function renderPage(evaluation: Evaluation): string {
  const parts = evaluation.tables.map(({ table, verdicts }) =>
    [
      `## ${table.document}`,
      '',
      `${table.source}. ${tally(verdicts)}.`,
      '',
      '| item | | function | reference | status | tests, or why not |',
      '| --- | --- | --- | --- | --- | --- |',
      ...verdicts.map(renderRow),
    ].join('\n'),
  );
  return `${HEAD}\n\n${renderTotals(evaluation)}\n\n${parts.join('\n\n')}\n`;
}

/** One line per document, for the screen. */
export function renderSummary(evaluation: Evaluation): string {
  return evaluation.tables.map(({ table, verdicts }) => `${table.document}: ${tally(verdicts)}`).join('\n');
}

const HEAD = `# Conformance

Written by \`npm run conformance\` from the tables in \`scripts/conformance/\` and the titles of the tests that ran; do not
edit. M is mandatory, O optional, as the documents print it.

- **proven**: a passing test that drives the running bridge or a whole engine carries the item's identifier.
- **partly**: tests carry the identifier that cover a part of what the item asks, or drive a part of the program alone.
- **not proven**: no such test; the last column says why where a reason is known.`;

function renderTotals(evaluation: Evaluation): string {
  const rows = evaluation.tables.map(({ table, verdicts }) => {
    const mandatory = verdicts.filter(({ item }) => item.obligation === 'M');
    const counts = STATUSES.slice(0, 3).map((one) => `${count(verdicts, one)} (${count(mandatory, one)})`);
    return `| ${table.document} | ${verdicts.length} (${mandatory.length}) | ${counts.join(' | ')} |`;
  });
  return [
    '| document | items (mandatory) | proven | partly | not proven |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function renderRow({ item, status, tests }: Verdict): string {
  const proof = tests.length > 0 ? tests.slice(0, LISTED_TESTS).map(renderTest).join('<br>') : '';
  const more = tests.length > LISTED_TESTS ? `<br>and ${tests.length - LISTED_TESTS} more` : '';
  const reason = status === 'proven' || item.note === undefined ? '' : item.note;
  const last = [proof + more, reason].filter((text) => text !== '').join('<br>');
  return `| ${item.id} | ${item.obligation} | ${cell(item.function)} | ${cell(item.reference)} | ${status} | ${last} |`;
}

/** The file and title of a test, without the list of identifiers at the end of the title. */
function renderTest(test: TestResult): string {
  return `${test.file}: ${cell(test.title.replace(/ ?\[[^\]]*\]$/u, ''))}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function tally(verdicts: readonly Verdict[]): string {
  return STATUSES.filter((one) => one !== 'broken' || count(verdicts, one) > 0)
    .map((one) => `${count(verdicts, one)} ${one}`)
    .join(', ');
}

function count(verdicts: readonly Verdict[], status: ItemStatus): number {
  return verdicts.filter((verdict) => verdict.status === status).length;
}
