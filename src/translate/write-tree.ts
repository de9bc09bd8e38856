/**
 * Sends writes to the device and brings them to an end: what exists already is replaced instead of added, what is
 * missing added instead of replaced, and when one fails for good, those before it are taken back.
 */
import type { CommandOutcome } from '../dm1/session-model.ts';
import { MappingError } from '../errors.ts';
import type { CrossingContext } from './context.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from './leaf-adds.ts';
import { askFacts, note, type Procedure, writeOnDevice } from './procedure.ts';
import type { Region } from './regions.ts';
import { finalStatus } from './status.ts';
import { isAbsence, isSuccess } from './tree-reader.ts';
import { isForGood, planUndo, regionOf, toCommand, type Write } from './write-plan.ts';

const ALREADY_EXISTS = 418;

/** The DM 2.0 status of all writes together: 200, or that of the first one that failed. */
export function* writeTree(context: CrossingContext, planned: readonly Write[]): Procedure<number> {
  if (planned.length === 0) return 200;
  const { facts } = yield* askFacts();
  const leafAddsOnly = facts.leafOnlyAdds === true;
  if (leafAddsOnly) refuseBareInteriors(planned);
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const regions = writes.map(regionOf);
  // A single Replace of a leaf leaves nothing to take back and nothing to retry but itself.
  const first = yield* send(writes, regions);
  const retried = yield* retry(writes, first, regions);
  const failed = retried.filter((each) => !isDone(each));
  if (failed.length === 0) return 200;
  yield* undo(
    retried.filter((each) => isSuccess(each.outcome.status)).map(({ write }) => write),
    { failures: failed.length, leafAddsOnly },
  );
  return finalStatus(
    context.statusTable,
    failed.map(({ outcome }) => outcome),
    'HGET',
  );
}

/** Better nothing than half of the document. */
function refuseBareInteriors(planned: readonly Write[]): void {
  const [bare] = interiorsWithoutLeaf(planned);
  if (bare === undefined) return;
  throw new MappingError('ERR_MO_DATA_SHAPE', `${bare} has no leaf, and the device takes Adds of leaves only`, {
    place: { node: bare },
  });
}

interface Done {
  readonly write: Write;
  readonly outcome: CommandOutcome;
}

function* send(writes: readonly Write[], willWrite: readonly Region[]): Procedure<readonly Done[]> {
  const later = writes.length === 1 && writes[0]?.name === 'Replace' && writes[0].before !== undefined ? [] : willWrite;
  const outcomes = yield* writeOnDevice(writes.map(toCommand), writes.map(regionOf), later);
  return writes.flatMap((write, at) => {
    const outcome = outcomes[at];
    return outcome === undefined ? [] : [{ write, outcome }];
  });
}

/** 418 to Add and 404 to Replace: the tree was not as known; the other command does what was meant (design: status table). */
function* retry(
  writes: readonly Write[],
  done: readonly Done[],
  willWrite: readonly Region[],
): Procedure<readonly Done[]> {
  const again = done.flatMap(({ write, outcome }, at) => {
    const name = otherName(write, outcome.status);
    return name === undefined ? [] : [{ at, write: { ...write, name } }];
  });
  if (again.length === 0) return done;
  const second = yield* send(
    again.map(({ write }) => write),
    willWrite,
  );
  return writes.flatMap((_, at) => {
    const repeated = again.findIndex((each) => each.at === at);
    const entry = repeated < 0 ? done[at] : second[repeated];
    return entry === undefined ? [] : [entry];
  });
}

/** An interior node that is there already is what was meant, unless it was to be the root of a new instance. */
function isDone({ write, outcome }: Done): boolean {
  return isSuccess(outcome.status) || (isThere(write, outcome.status) && write.newInstance !== true);
}

function isThere({ name, node }: Write, status: number): boolean {
  return name === 'Add' && status === ALREADY_EXISTS && node?.format === 'node';
}

function otherName({ name, node, newInstance }: Write, status: number): Write['name'] | undefined {
  // What is there already is somebody else's instance.
  if (newInstance === true) return undefined;
  if (name === 'Add' && status === ALREADY_EXISTS) return node?.format === 'node' ? undefined : 'Replace';
  return name === 'Replace' && isAbsence(status) ? 'Add' : undefined;
}

function* undo(
  done: readonly Write[],
  { failures, leafAddsOnly }: { readonly failures: number; readonly leafAddsOnly: boolean },
): Procedure<void> {
  const planned = planUndo(done);
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const outcomes = writes.length === 0 ? [] : yield* writeOnDevice(writes.map(toCommand), writes.map(regionOf));
  const failed = writes.filter((_, at) => !isSuccess(outcomes[at]?.status ?? 500));
  const unmade = leafAddsOnly ? interiorsWithoutLeaf(planned) : [];
  const left = [...[...done.filter(isForGood), ...failed].map(({ locUri }) => locUri), ...unmade];
  yield* note({
    type: 'log',
    event: left.length === 0 ? 'write undone' : 'write half done',
    facts: { failures, left },
  });
}
