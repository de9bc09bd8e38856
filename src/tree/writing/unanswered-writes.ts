/**
 * Writes without a Status of their own. The device may have executed them or not; the Status of a Sequence says only that it
 * was begun. So the nodes are read: a write that was done counts as done and is not repeated, and one that was not done is sent once
 * more. Where the node does not tell, the outcome stays as it is: the status of the Sequence, or 500.
 *
 * @see DM-1.3 §6.5; DMREPPRO "Sequence"
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { isInterior } from '../../mo/node.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { withLaterWrites } from '../../workflow/combinators.ts';
import { isChangedLater, readOnDevice, type Workflow, writeOnDevice } from '../../workflow/workflow.ts';
import { getCommand, type NodeRead, nodeReadOf } from '../tree-reader.ts';
import { changeOf, toCommand, type Write } from '../write-plan.ts';
import type { WriteOutcome } from './write-outcome.ts';

/** The effect of a write as its node shows it; `unknown` also when the node was not read. */
type Effect = 'done' | 'notDone' | 'unknown';

/** The outcomes with what the nodes show, after one more try of the writes that were not done. */
export function* settleUnanswered(
  writes: readonly Write[],
  outcomes: readonly CommandOutcome[],
  willWrite: readonly TreeChange[],
): Workflow<readonly CommandOutcome[]> {
  const effects = yield* readEffects(writes, outcomes, willWrite);
  const settled = outcomes.map((outcome, at) => withEffect(outcome, effects[at]));
  const repeated = writes.flatMap((write, at) => {
    return effects[at] === 'notDone' && !isChangedLater(write.locUri) ? [at] : [];
  });
  if (repeated.length === 0) return settled;
  const again = repeated.flatMap((at) => writes[at] ?? []);
  const second = yield* writeOnDevice(again.map(toCommand), again.map(changeOf), willWrite);
  const effectsOfSecond = yield* readEffects(again, second, willWrite);
  return settled.map((outcome, at) => {
    const tryOf = repeated.indexOf(at);
    const repetition = second[tryOf];
    return repetition === undefined ? outcome : withEffect(repetition, effectsOfSecond[tryOf]);
  });
}

/**
 * The outcomes of the members of an Atomic to which the device has said nothing at all; a member that was not done has 215. Undefined
 * when no node shows that its member was done.
 */
export function* settleSilentAtomic(
  writes: readonly Write[],
  outcome: CommandOutcome,
  willWrite: readonly TreeChange[],
): Workflow<readonly WriteOutcome[] | undefined> {
  const silent = writes.map((_, at): CommandOutcome => ({ ...(outcome.members?.[at] ?? outcome), unanswered: true }));
  const effects = yield* readEffects(writes, silent, willWrite);
  if (!effects.includes('done')) return undefined;
  return writes.map((write, at) => {
    const settled = withEffect(silent[at] ?? outcome, effects[at]);
    const isNotDone = effects[at] === 'notDone';
    return { write, outcome: isNotDone ? { ...settled, status: STATUS.notExecuted } : settled };
  });
}

/** Reads the nodes of the writes that have no Status. A node that a later command has changed since shows nothing. */
function* readEffects(
  writes: readonly Write[],
  outcomes: readonly CommandOutcome[],
  willWrite: readonly TreeChange[],
): Workflow<readonly Effect[]> {
  const read = writes.flatMap((write, at) => {
    return outcomes[at]?.unanswered === true && !isChangedLater(write.locUri) ? [at] : [];
  });
  if (read.length === 0) return writes.map(() => 'unknown');
  const commands = read.flatMap((at) => {
    const { locUri, property } = writes[at] ?? {};
    return locUri === undefined ? [] : [getCommand(property === undefined ? locUri : `${locUri}?prop=${property}`)];
  });
  const repeated = read.flatMap((at) => writes[at] ?? []).map(changeOf);
  const answers = yield* withLaterWrites(readOnDevice(commands), [...willWrite, ...repeated]);
  return writes.map((write, at) => effectOf(write, answers[read.indexOf(at)]));
}

function effectOf(write: Write, answer: CommandOutcome | undefined): Effect {
  if (answer === undefined) return 'unknown';
  const { name, locUri, node, before, property, asDocument } = write;
  const read = nodeReadOf(locUri, answer);
  if (name === 'Delete') return effectOfDelete(read);
  if (property === undefined && 'state' in read && read.state === 'absent') return 'notDone';
  if ('state' in read && read.state !== 'present') return 'unknown';
  // The root of a document does not show if all of it was stored.
  if (asDocument === true) return 'unknown';
  if ('children' in read) return node !== undefined && isInterior(node) ? 'done' : 'unknown';
  const { value } = read.node;
  if (value === node?.value) return 'done';
  return name === 'Replace' && before !== undefined && value === before.value ? 'notDone' : 'unknown';
}

function effectOfDelete(read: NodeRead): Effect {
  if ('children' in read || read.state === 'present') return 'notDone';
  return read.state === 'absent' ? 'done' : 'unknown';
}

function withEffect(outcome: CommandOutcome, effect: Effect | undefined): CommandOutcome {
  if (effect === undefined || effect === 'unknown') return outcome;
  const { unanswered: _, ...settled } = outcome;
  return { ...settled, status: effect === 'done' ? STATUS.ok : STATUS.commandFailed };
}
