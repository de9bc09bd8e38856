/**
 * Sends writes one after the other. What fits no message goes as a large object, if the device takes any: where nobody knows,
 * that is read first (DM-1.3 §8; design: large objects).
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { parseLocUri } from '../../mo/loc-uri.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { withLaterWrites } from '../../workflow/combinators.ts';
import type { CommandDraft } from '../../workflow/request.ts';
import { emit, requestFacts, type Workflow, writeOnDevice } from '../../workflow/workflow.ts';
import { readTrees } from '../tree-reader.ts';
import { regionOf, toCommand, type Write } from '../write-plan.ts';
import type { Done } from './done.ts';

/** Shorter data fits any message that a device can take. */
const SHORT = 256;

const LARGE_OBJECTS = parseLocUri('./DevDetail/LrgObj');

/** All writes, in order; `willWrite` names what may be written after them. */
export function* sendWrites(
  writes: readonly Write[],
  willWrite: readonly TreeChange[] = retriesOf(writes),
): Workflow<readonly Done[]> {
  const { facts } = yield* requestFacts();
  const commands = writes.map(facts.largeObjects === true ? toCommand : toUndivided);
  const regions = writes.map(regionOf);
  const later = commands.some(({ undivided }) => undivided === true) ? [...willWrite, ...regions] : willWrite;
  const first = yield* writeOnDevice(commands, regions, later);
  const tooLong = first.flatMap((outcome, at) => (isTooLong(outcome) ? [at] : []));
  const goesOn = tooLong.length > 0 && facts.largeObjects === undefined && (yield* takesLargeObjects(later));
  const again = goesOn ? tooLong.flatMap((at) => writes[at] ?? []) : [];
  const second = again.length === 0 ? [] : yield* writeOnDevice(again.map(toCommand), again.map(regionOf), willWrite);
  return writes.flatMap((write, at) => {
    const outcome = second[tooLong.indexOf(at)] ?? first[at];
    return outcome === undefined ? [] : [{ write, outcome }];
  });
}

/** A single Replace of a leaf leaves nothing to take back and nothing to retry but itself. */
function retriesOf(writes: readonly Write[]): readonly TreeChange[] {
  const [first, ...others] = writes;
  return others.length === 0 && first?.name === 'Replace' && first.before !== undefined ? [] : writes.map(regionOf);
}

function toUndivided(write: Write): CommandDraft {
  const command = toCommand(write);
  return command.items.some(({ data }) => data !== undefined && data.length > SHORT)
    ? { ...command, undivided: true }
    : command;
}

/** 413 of the bridge's own: it would have to go in chunks. */
function isTooLong({ unsent, status }: CommandOutcome): boolean {
  return unsent === true && status === 413;
}

/** LrgObj of the device; one that cannot be read counts as true. */
function* takesLargeObjects(willWrite: readonly TreeChange[]): Workflow<boolean> {
  const [read] = yield* withLaterWrites(readTrees([{ locUri: LARGE_OBJECTS, expect: 'leaf' }]), willWrite);
  const value = read?.state === 'present' ? read.node.value : undefined;
  const largeObjects = value?.trim().toLowerCase() !== 'false';
  yield* emit({ type: 'fact', facts: { largeObjects } });
  return largeObjects;
}
