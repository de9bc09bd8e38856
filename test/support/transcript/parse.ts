/**
 * Golden transcripts: one whole session as one Markdown file that a person reads and a machine plays.
 *
 * A file is prose, one fenced `yaml setup` block, and then headed blocks in the order in which things happen. A heading
 * says who speaks to whom; the fence below it holds the message as HTTP writes it: first line, headers that matter, an
 * empty line, the body. docs and prose between the blocks are for the reader alone.
 */
import { parse as parseYaml } from 'yaml';

/** Who speaks to whom, or what happens to the bridge. */
export const STEP_KINDS = [
  'device → bridge',
  'bridge → device',
  'bridge → backend',
  'backend → bridge',
  'bridge → repository',
  'repository → bridge',
  'commands',
  'outcomes',
  'time passes',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export interface Step {
  readonly kind: StepKind;
  /** Line of the heading, for messages about what went wrong. */
  readonly line: number;
  /** The heading ends in "(again)": the same bytes as the last time in this direction. */
  readonly again: boolean;
  /** First line of the fence: method and path, or status; '' without a fence. */
  readonly startLine: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Transcript {
  readonly title: string;
  readonly setup: unknown;
  readonly steps: readonly Step[];
}

interface Block {
  readonly heading: string;
  readonly line: number;
  readonly fence: string | undefined;
}

/** Reads a transcript; a heading or fence out of place is an error that names the line. */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n');
  const title = lines.find((line) => line.startsWith('# '))?.slice(2);
  if (title === undefined) throw new SyntaxError('a transcript begins with a title');
  const setup = fenceAfter(lines, 0, lines.length, '```yaml setup');
  if (setup === undefined) throw new SyntaxError('a transcript needs a "yaml setup" block');
  return { title, setup: parseYaml(setup), steps: blocksOf(lines).map(toStep) };
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const headings = lines.flatMap((line, at) => (line.startsWith('### ') ? [at] : []));
  return headings.map((at, index) => ({
    heading: (lines[at] ?? '').slice(4).trim(),
    line: at + 1,
    fence: fenceAfter(lines, at, headings[index + 1] ?? lines.length, '```'),
  }));
}

function fenceAfter(lines: readonly string[], from: number, to: number, opening: string): string | undefined {
  const start = lines.findIndex((line, at) => at >= from && at < to && line.startsWith(opening));
  if (start < 0) return undefined;
  const end = lines.findIndex((line, at) => at > start && line === '```');
  if (end < 0 || end >= to) throw new SyntaxError(`line ${start + 1}: a fence without end`);
  return lines.slice(start + 1, end).join('\n');
}

function toStep(block: Block): Step {
  const again = block.heading.endsWith('(again)');
  const name = again ? block.heading.slice(0, -'(again)'.length).trim() : block.heading;
  const kind = STEP_KINDS.find((one) => one === name);
  if (kind === undefined) throw new SyntaxError(`line ${block.line}: not a step: "${block.heading}"`);
  const isMessage = kind.includes('→');
  if (isMessage !== (block.fence !== undefined) && !again && isMessage) {
    throw new SyntaxError(`line ${block.line}: a message is missing`);
  }
  const common = { kind, line: block.line, again };
  if (!isMessage) return { ...common, startLine: '', headers: {}, body: block.fence ?? '' };
  return { ...common, ...splitMessage(block.fence ?? '') };
}

function splitMessage(fence: string): Pick<Step, 'startLine' | 'headers' | 'body'> {
  const empty = fence.indexOf('\n\n');
  const head = (empty < 0 ? fence : fence.slice(0, empty)).split('\n');
  const body = empty < 0 ? '' : fence.slice(empty + 2);
  const headers = head.slice(1).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { startLine: head[0] ?? '', headers: Object.fromEntries(headers), body };
}
