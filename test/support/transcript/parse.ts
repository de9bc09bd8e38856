/**
 * Transcripts: one whole session as one Markdown file that people read and tests play.
 *
 * A file has prose, one fenced `yaml setup` block, and then steps in the order in which they happen. The heading of a step
 * says who sends to whom. The fence below it has the message as HTTP writes it: first line, the headers that matter, an
 * empty line, the body. Prose between the steps is for readers alone.
 */
import { parse as parseYaml } from 'yaml';

/** The headings of steps: sender and receiver of a message, or another event. */
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

const REPEATED = '(again)';

export interface Step {
  readonly kind: StepKind;
  /** The line of the heading, for error messages. */
  readonly line: number;
  /** True when the heading ends in "(again)": the bytes of the last message of this kind come again. */
  readonly isRepeated: boolean;
  /** The first line of the fence: method and path, or status. Empty without a fence. */
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

/** A heading with the fence below it. */
interface Block {
  readonly heading: string;
  readonly line: number;
  readonly fence: string | undefined;
}

/**
 * Reads a transcript.
 * @throws SyntaxError with the line of a wrong heading or fence
 */
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

function toStep({ heading, line, fence }: Block): Step {
  const isRepeated = heading.endsWith(REPEATED);
  const name = isRepeated ? heading.slice(0, -REPEATED.length).trim() : heading;
  const kind = STEP_KINDS.find((each) => each === name);
  if (kind === undefined) throw new SyntaxError(`line ${line}: not a step: "${heading}"`);
  if (!kind.includes('→')) return { kind, line, isRepeated, startLine: '', headers: {}, body: fence ?? '' };
  if (fence === undefined && !isRepeated) throw new SyntaxError(`line ${line}: a message is missing`);
  return { kind, line, isRepeated, ...splitMessage(fence ?? '') };
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
