/**
 * Sends writes one after the other. Data that does not fit a message is sent as a large object, if the device supports them; when
 * that is not known, the device's LrgObj is read first (DM-1.3 §8).
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { commonAncestor, parseLocUri } from '../../mo/loc-uri.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { withLaterWrites } from '../../workflow/combinators.ts';
import type { CommandDraft } from '../../workflow/request.ts';
import { emit, requestFacts, type Workflow, writeOnDevice } from '../../workflow/workflow.ts';
import { readTrees } from '../tree-reader.ts';
import { changeOf, toCommand, type Write } from '../write-plan.ts';
import { settleUnanswered } from './unanswered-writes.ts';
import type { WriteOutcome } from './write-outcome.ts';

/** In characters: shorter data fits any message of any device. */
const ALWAYS_FITS = 256;

const LARGE_OBJECTS = parseLocUri('./DevDetail/LrgObj');

/** Sends all writes, in order; `willWrite` names what may be written after them. */
export function* sendWrites(
  writes: readonly Write[],
  willWrite: readonly TreeChange[] = laterWritesOf(writes),
): Workflow<readonly WriteOutcome[]> {
  const { facts } = requestFacts();
  const commands = writes.map(facts.largeObjects === true ? toCommand : toUndivided);
  const changes = writes.map(changeOf);
  const later = commands.some(({ undivided }) => undivided === true) ? [...willWrite, ...changes] : willWrite;
  const first = yield* sendInRoundTrips(commands, changes, later);
  const tooLong = first.flatMap((outcome, at) => (isTooLong(outcome) ? [at] : []));
  const isRepeated = tooLong.length > 0 && facts.largeObjects === undefined && (yield* readLargeObjectSupport(later));
  const repeated = isRepeated ? tooLong.flatMap((at) => writes[at] ?? []) : [];
  const second =
    repeated.length === 0 ? [] : yield* sendInRoundTrips(repeated.map(toCommand), repeated.map(changeOf), willWrite);
  const secondAt = new Map(isRepeated ? tooLong.map((at, position) => [at, second[position]]) : []);
  const outcomes = first.map((outcome, at) => secondAt.get(at) ?? outcome);
  const settled = yield* settleUnanswered(writes, outcomes, willWrite);
  return writes.flatMap((write, at) => {
    const outcome = settled[at];
    return outcome === undefined ? [] : [{ write, outcome }];
  });
}

/** Most writes of one round trip: unanswered commands are stored again with every message of the device. */
const MAX_WRITES_PER_ROUND_TRIP = 256;

/** Sends many commands one part after the other. */
function* sendInRoundTrips(
  commands: readonly CommandDraft[],
  changes: readonly TreeChange[],
  willWrite: readonly TreeChange[],
): Workflow<readonly CommandOutcome[]> {
  if (commands.length <= MAX_WRITES_PER_ROUND_TRIP) return yield* writeOnDevice(commands, changes, willWrite);
  const later = summaryOf([...changes, ...willWrite]);
  const outcomes: CommandOutcome[] = [];
  for (let from = 0; from < commands.length; from += MAX_WRITES_PER_ROUND_TRIP) {
    const to = from + MAX_WRITES_PER_ROUND_TRIP;
    outcomes.push(...(yield* writeOnDevice(commands.slice(from, to), changes.slice(from, to), later)));
  }
  return outcomes;
}

/** Changes that stand for all of these: thousands of LocURIs would make every stored session large. */
function summaryOf(changes: readonly TreeChange[]): readonly TreeChange[] {
  const locUri = commonAncestor(changes.map((change) => change.locUri));
  if (locUri === undefined) return [];
  return [...new Set(changes.map(({ change }) => change))].map((change) => ({ locUri, change }));
}

/** The changes of an undo or of alternatives. After the Replace of a single leaf that is no large object there is nothing to undo. */
function laterWritesOf(writes: readonly Write[]): readonly TreeChange[] {
  const [first, ...others] = writes;
  const isSingleReplace = others.length === 0 && first?.name === 'Replace' && first.before !== undefined;
  return isSingleReplace && !isLong(toCommand(first)) ? [] : writes.map(changeOf);
}

function toUndivided(write: Write): CommandDraft {
  const command = toCommand(write);
  return isLong(command) ? { ...command, undivided: true } : command;
}

function isLong({ items }: CommandDraft): boolean {
  return items.some(({ data }) => data !== undefined && data.length > ALWAYS_FITS);
}

/** True for the bridge's own 413: the command would have to go in chunks. */
function isTooLong({ unsent, status }: CommandOutcome): boolean {
  return unsent === true && status === STATUS.requestEntityTooLarge;
}

/** Reads LrgObj of the device; when it cannot be read, it counts as true. */
function* readLargeObjectSupport(willWrite: readonly TreeChange[]): Workflow<boolean> {
  const [read] = yield* withLaterWrites(readTrees([{ locUri: LARGE_OBJECTS, expect: 'leaf' }]), willWrite);
  const value = read?.state === 'present' ? read.node.value : undefined;
  const largeObjects = value?.trim().toLowerCase() !== 'false';
  emit({ type: 'fact', facts: { largeObjects } });
  return largeObjects;
}
