/**
 * Carries out writes on the device, all or none: as one Atomic; where that is not possible, new sub-trees as TNDS documents, if
 * the device supports them, and the other writes one after the other, with an undo when one fails.
 */

import type { DeviceFacts } from '../device/facts.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { MappingError } from '../errors.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { emit, requestFacts, type Workflow } from '../workflow/workflow.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from './leaf-adds.ts';
import { changeOf, type Write } from './write-plan.ts';
import { writeAtomically } from './writing/atomic-writes.ts';
import { findRefusal } from './writing/definition-check.ts';
import { withDocuments } from './writing/documents.ts';
import { sendWrites } from './writing/send-writes.ts';
import { type Failures, undoUnlessFulfilled, withAlternatives } from './writing/sequential-writes.ts';
import type { WriteOutcome } from './writing/write-outcome.ts';

/** The result of all writes together: 200, or the status of the first failed one. */
export function* writeTree(context: TranslationContext, planned: readonly Write[]): Workflow<CommandResult> {
  if (planned.length === 0) return { status: DM2_STATUS.ok };
  const refusal = findRefusal(planned);
  if (refusal !== undefined) return refusal;
  const { facts, version, isWbxml = false } = requestFacts();
  const unwritable = planned.find((write) => !isWritable(write, isWbxml));
  if (unwritable !== undefined) {
    return { status: DM2_STATUS.unsupportedMediaType, reason: `XML cannot hold the value of ${unwritable.locUri}` };
  }
  // DM 1.1 has no TNDS, whatever the profile of the device says. A TNDS document is XML, too.
  const takesDocuments = version !== '1.1' && planned.every((write) => isWritable(write, false));
  const failures = yield* carryOut(planned, takesDocuments ? facts : { ...facts, tnds: false });
  return { status: failures.length === 0 ? DM2_STATUS.ok : finalStatus(context.statusTable, failures, 'HGET') };
}

/** True when a message for the device can carry the value. WBXML carries any characters but lone surrogates, XML does not. */
function isWritable({ name, node }: Write, isWbxml: boolean): boolean {
  if (name === 'Delete' || node === undefined) return true;
  const texts = [node.value ?? '', node.type ?? ''];
  return texts.every((text) => (isWbxml ? text.isWellFormed() : isXmlText(text)));
}

function* carryOut(planned: readonly Write[], facts: DeviceFacts): Workflow<Failures> {
  const leafAddsOnly = facts.leafOnlyAdds === true;
  const bare = leafAddsOnly ? interiorsWithoutLeaf(planned) : [];
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const isAtomic = facts.atomic !== false && writes.length > 1 && bare.length === 0;
  const atomic = isAtomic ? yield* writeAtomically(writes, leafAddsOnly) : undefined;
  if (atomic?.kind === 'ended') {
    // The writes themselves may have shown that the device does not support Atomic.
    const { facts: now } = requestFacts();
    if (atomic.failures.length === 0 && now.atomic === undefined) {
      emit({ type: 'fact', facts: { atomic: true } });
    }
    return atomic.failures;
  }
  const asDocuments = facts.tnds === true ? yield* writeDocuments(planned, leafAddsOnly) : undefined;
  const failures = asDocuments ?? (yield* writeSequentially(writes, bare, leafAddsOnly));
  // The same writes succeed without Atomic, so the device does not support it.
  if (failures.length === 0 && atomic?.kind === 'perhapsUnsupported') {
    emit({ type: 'fact', facts: { atomic: false } });
  }
  return failures;
}

function* writeSequentially(
  writes: readonly Write[],
  bare: readonly LocUri[],
  leafAddsOnly: boolean,
): Workflow<Failures> {
  const [first] = bare;
  if (first !== undefined) {
    // A part of the document alone is not written.
    throw new MappingError('ERR_MO_DATA_SHAPE', `${first} has no leaf, and the device takes Adds of leaves only`, {
      place: { node: first },
    });
  }
  return yield* undoUnlessFulfilled(yield* withAlternatives(writes, yield* sendWrites(writes)), { leafAddsOnly });
}

/** Returns undefined when no write can go as a document, or when the device refused just the documents. */
function* writeDocuments(planned: readonly Write[], leafAddsOnly: boolean): Workflow<Failures | undefined> {
  const writes = withDocuments(planned);
  if (!writes.some(({ asDocument }) => asDocument === true)) return undefined;
  const outcomes = yield* withAlternatives(writes, yield* sendWrites(writes));
  const refused = outcomes.filter(isRefusedDocument);
  if (refused.some(({ outcome }) => outcome.status === STATUS.unsupportedMediaType)) {
    emit({ type: 'fact', facts: { tnds: false } });
  }
  const failures = yield* undoUnlessFulfilled(outcomes, { leafAddsOnly, willWrite: planned.map(changeOf) });
  return refused.length > 0 && refused.length === failures.length ? undefined : failures;
}

/** The device does not support documents, or the tree was not as known: single nodes may succeed. */
const DOCUMENT_REFUSALS: ReadonlySet<number> = new Set([
  STATUS.notFound,
  STATUS.optionalFeatureNotSupported,
  STATUS.unsupportedMediaType,
  STATUS.alreadyExists,
  STATUS.commandNotImplemented,
]);

/** True when the device takes no documents, not this one, or none of this length. */
function isRefusedDocument({ write, outcome }: WriteOutcome): boolean {
  return write.asDocument === true && (DOCUMENT_REFUSALS.has(outcome.status) || outcome.unsent === true);
}
