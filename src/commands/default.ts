/** DEFAULT: a resource for an MO that the device does not have (DM-2.0 §5.3.10). */
import { afterTry, type DefaultEntry, isDue } from '../device/default-entry.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { ProtocolError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { type Moid, readMoid } from '../mo/moid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isProvisioned } from '../tree/address.ts';
import { allInstancesOf } from '../tree/discovery.ts';
import { type NodeRead, readNode } from '../tree/tree-reader.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { emit, requestDefaults, requestDiscovered, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri, isServerUriRefusal } from './accept-server-uri.ts';
import { withFailureResult } from './failure-result.ts';
import { hget } from './hget.ts';

/** Keeps the entry; the last one for an MO counts. */
export function storeDefault(context: TranslationContext, serverUri: string, moidText: string): CommandResult {
  const accepted = acceptServerUri(context, serverUri);
  const moid = readMoid(moidText);
  const mapping = moid === undefined ? undefined : context.index.byMoid(moid);
  if (mapping === undefined) return { status: DM2_STATUS.notFound };
  if (!isProvisioned(context, mapping)) return { status: DM2_STATUS.forbidden, reason: 'the MOID is not in Perm' };
  if ('refusal' in accepted) return { status: DM2_STATUS.forbidden, reason: accepted.refusal };
  const entry: DefaultEntry = { serverUri, account: context.account.id, state: 'untried', tries: 0 };
  emit({ type: 'default', moid: mapping.moid, entry });
  return { status: DM2_STATUS.ok };
}

/** Fetches the resources of those MOs that the device is proven not to have. It runs after each list of commands. */
export function* fetchDefaults(context: TranslationContext): Workflow<CommandResult> {
  const { entries, session } = requestDefaults();
  for (const [key, entry] of Object.entries(entries)) {
    const moid = readMoid(key);
    const mapping = moid === undefined ? undefined : context.index.byMoid(moid);
    if (moid === undefined || mapping === undefined || entry.account !== context.account.id) continue;
    if (entry.state === 'untried' && !isDue(entry, context.account.id, session)) continue;
    // The device is searched for an entry only while it is untried.
    if (entry.state !== 'untried' && (yield* requestDiscovered()) === undefined) continue;
    const presence = yield* presenceOf(context, mapping);
    if (presence === 'present' && entry.state !== 'seen') {
      const { serverUri, account } = entry;
      emit({ type: 'default', moid, entry: { serverUri, account, state: 'seen', tries: 0 } });
    }
    if (presence === 'absent' && isDue(entry, context.account.id, session)) {
      yield* fetchDefault(context, { moid, entry, session });
    }
  }
  return { status: DM2_STATUS.ok };
}

interface Fetch {
  readonly moid: Moid;
  readonly entry: DefaultEntry;
  readonly session: string;
}

function* fetchDefault(context: TranslationContext, { moid, entry, session }: Fetch): Workflow<void> {
  const { result, isAnswered } = yield* withAnswer(withFailureResult(() => hget(context, entry.serverUri, undefined)));
  emit({ type: 'default', moid, entry: afterTry(entry, session, isAnswered) });
  const { status, reason } = result;
  const facts = isServerUriRefusal(reason)
    ? { moid, status, reason, isServerUriRefused: true as const }
    : { moid, status, reason };
  emit({ type: 'log', event: 'default.fetched', facts });
}

/** The result, and whether the repository has answered at all; 5xx is no answer. */
function* withAnswer(
  workflow: Workflow<CommandResult>,
): Workflow<{ readonly result: CommandResult; readonly isAnswered: boolean }> {
  let isAnswered = false;
  let isDeviceGone = false;
  let step = workflow.next();
  while (step.done !== true) {
    const result = yield step.value;
    if (result.kind === 'http') {
      const status = 'status' in result.reply ? result.reply.status : result.reply.answered;
      isAnswered = status !== undefined && status < HTTP.internalServerError;
    }
    if (result.kind === 'device') {
      isDeviceGone ||= result.outcomes.some(({ status }) => status === DM2_STATUS.unavailable);
    }
    step = workflow.next(result);
  }
  return { result: step.value, isAnswered: isAnswered && !isDeviceGone };
}

type Presence = 'present' | 'absent' | 'unknown';

/** `unknown` when the device refused or hid a place, or told a part of its tree. */
function* presenceOf(context: TranslationContext, mapping: MoMapping): Workflow<Presence> {
  if (mapping.find === 'virtual') return 'present';
  try {
    const isFixed = mapping.find === 'fixed';
    if (!isFixed && (yield* allInstancesOf(context, mapping)).length > 0) return 'present';
    // A listing leaves out what this server may not see, so that each place itself is asked.
    const places = context.index.placesOf(mapping);
    const reads = yield* all(places.map(({ locUri }) => readNode(locUri, ANYWHERE)));
    const found = reads.map((read, at) => presenceAt(read, places[at]?.kind === 'parent' || !isFixed));
    if (found.includes('unknown')) return 'unknown';
    return found.includes('present') ? 'present' : 'absent';
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'ERR_TREE_INCOMPLETE') return 'unknown';
    throw error;
  }
}

/** @param mayBeOther the node at the place is no instance itself: the search of the device has found none */
function presenceAt(read: NodeRead, mayBeOther: boolean): Presence {
  if ('state' in read && read.state !== 'present') return read.state === 'absent' ? 'absent' : 'unknown';
  return mayBeOther ? 'absent' : 'present';
}
