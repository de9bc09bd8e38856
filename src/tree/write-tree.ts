/**
 * Brings writes about on the device, all or none: as one Atomic; where that does not fit or is not known, new sub-trees as
 * TNDS documents, if the device takes them, and the rest one after the other, taken back when one fails (design: Commands out).
 */

import type { DeviceFacts } from '../device/facts.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { MappingError } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import type { Failure } from '../workflow/command-result.ts';
import { emit, requestFacts, type Workflow } from '../workflow/workflow.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from './leaf-adds.ts';
import { regionOf, type Write } from './write-plan.ts';
import { writeAtomically } from './writing/atomic-writes.ts';
import { withDocuments } from './writing/documents.ts';
import type { Done } from './writing/done.ts';
import { complete, type Failures, settle } from './writing/one-by-one.ts';
import { refusalOf } from './writing/refusal.ts';
import { sendWrites } from './writing/send-writes.ts';

/** The DM 2.0 status of all writes together: 200, or that of the first one that failed. */
export function* writeTree(context: TranslationContext, planned: readonly Write[]): Workflow<Failure> {
  if (planned.length === 0) return { status: DM2_STATUS.ok };
  const refusal = refusalOf(planned);
  if (refusal !== undefined) return refusal;
  const { facts, version } = yield* requestFacts();
  // DM 1.1 has no TNDS, whatever the make is known for.
  const failures = yield* bringAbout(planned, version === '1.1' ? { ...facts, tnds: false } : facts);
  return { status: failures.length === 0 ? DM2_STATUS.ok : finalStatus(context.statusTable, failures, 'HGET') };
}

function* bringAbout(planned: readonly Write[], facts: DeviceFacts): Workflow<Failures> {
  const leafAddsOnly = facts.leafOnlyAdds === true;
  const bare = leafAddsOnly ? interiorsWithoutLeaf(planned) : [];
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const isAtomic = facts.atomic !== false && writes.length > 1 && bare.length === 0;
  const atomic = isAtomic ? yield* writeAtomically(writes, leafAddsOnly) : undefined;
  if (atomic?.kind === 'ended') {
    // The way there may have shown that it has none.
    const { facts: now } = yield* requestFacts();
    if (atomic.failures.length === 0 && now.atomic === undefined)
      yield* emit({ type: 'fact', facts: { atomic: true } });
    return atomic.failures;
  }
  const asDocuments = facts.tnds === true ? yield* writeDocuments(planned, leafAddsOnly) : undefined;
  const failures = asDocuments ?? (yield* writeSingly(writes, bare, leafAddsOnly));
  // That it works where the Atomic did not shows that the Atomic was the trouble.
  if (failures.length === 0 && atomic?.kind === 'doubtful') yield* emit({ type: 'fact', facts: { atomic: false } });
  return failures;
}

function* writeSingly(writes: readonly Write[], bare: readonly LocUri[], leafAddsOnly: boolean): Workflow<Failures> {
  if (bare[0] !== undefined) {
    // Better nothing than half of the document.
    throw new MappingError('ERR_MO_DATA_SHAPE', `${bare[0]} has no leaf, and the device takes Adds of leaves only`, {
      place: { node: bare[0] },
    });
  }
  return yield* settle(yield* complete(writes, yield* sendWrites(writes)), { leafAddsOnly });
}

/** Undefined: nothing of it could go as a document, or the device takes none. */
function* writeDocuments(planned: readonly Write[], leafAddsOnly: boolean): Workflow<Failures | undefined> {
  const writes = withDocuments(planned);
  if (!writes.some(({ whole }) => whole === true)) return undefined;
  const done = yield* complete(writes, yield* sendWrites(writes));
  const refused = done.filter(isRefusedDocument);
  if (refused.some(({ outcome }) => outcome.status === UNSUPPORTED_MEDIA_TYPE)) {
    yield* emit({ type: 'fact', facts: { tnds: false } });
  }
  const failures = yield* settle(done, { leafAddsOnly, willWrite: planned.map(regionOf) });
  return refused.length > 0 && refused.length === failures.length ? undefined : failures;
}

const UNSUPPORTED_MEDIA_TYPE = 415;
/** No TNDS, or the tree was not as known. */
const NODE_BY_NODE: readonly number[] = [404, 406, UNSUPPORTED_MEDIA_TYPE, 418, 501];

/** The device takes no documents, not this one, or not that long; node by node it may work. */
function isRefusedDocument({ write, outcome }: Done): boolean {
  return write.whole === true && (NODE_BY_NODE.includes(outcome.status) || outcome.unsent === true);
}
