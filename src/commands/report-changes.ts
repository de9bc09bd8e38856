/** After a list of commands, subscribed nodes that may have changed are compared with their base (DM-2.0 §5.3.11). */
import type { Subscription } from '../device/subscription.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import { MEDIA_TYPES, type TypedContent } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { address } from '../tree/address.ts';
import { all } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { emit, emitSubscription, requestSubscriptions, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { withFailureResult } from './failure-result.ts';
import { readSubscribed, type SubscribedContent } from './subscribed-content.ts';
import { choose, formatsOf } from './upload-formats.ts';

/** True for a subscription of this account that is to be compared in this session. */
export function isComparedIn({ isDue, triedIn, account }: Subscription, ofAccount: string, session: string): boolean {
  return isDue === true && account === ofAccount && triedIn !== session;
}

/** @param accept OMADM-Accept of the last Package#2 (DM-2.0 §5.5) */
export function* reportChanges(context: TranslationContext, accept: string | undefined): Workflow<CommandResult> {
  const { subscriptions, session } = requestSubscriptions();
  const due = subscriptions.filter((each) => isComparedIn(each, context.account.id, session));
  const results = yield* all(
    due.map((subscription) => withFailureResult(() => compare(context, subscription, accept))),
  );
  for (const [at, { status, reason }] of results.entries()) {
    const subscription = due[at];
    if (subscription === undefined || status === DM2_STATUS.ok) continue;
    const { account } = subscription;
    const clientUri = withoutQuery(subscription.clientUri);
    yield* emitSubscription({ ...subscription, triedIn: session });
    emit({
      type: 'log',
      event: 'subscription.failed',
      facts: { account, clientUri, reason: reason ?? `the nodes cannot be read: ${status}` },
    });
  }
  return { status: DM2_STATUS.ok };
}

function* compare(
  context: TranslationContext,
  subscription: Subscription,
  accept: string | undefined,
): Workflow<CommandResult> {
  const { account, clientUri } = subscription;
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) {
    if (addressed.status !== DM2_STATUS.forbidden) return addressed;
    // The reason of 403 here is that the MOID has left Perm.
    emit({ type: 'subscriptionEnded', clientUri });
    emit({
      type: 'log',
      event: 'subscription.ended',
      facts: { account, clientUri: withoutQuery(clientUri), reason: 'the MOID has left Perm' },
    });
    return { status: DM2_STATUS.ok };
  }
  const read = yield* readSubscribed(context, addressed);
  if ('status' in read) return read;
  const { isDue: _, triedIn: __, pending, ...kept } = subscription;
  if (read.validator === subscription.base) {
    // A report that did not arrive meanwhile is no news any more.
    yield* emitSubscription(kept);
    return { status: DM2_STATUS.ok };
  }
  if (read.validator === pending) {
    yield* emitSubscription({ ...kept, pending });
    return { status: DM2_STATUS.ok };
  }
  const accepted = acceptServerUri(context, subscription.serverUri);
  if ('refusal' in accepted) return { status: DM2_STATUS.forbidden, reason: accepted.refusal };
  const forms = yield* formsOf(context, read, subscription.contentType ?? accept);
  const { validator } = read;
  yield* emitSubscription({ ...kept, pending: validator });
  emit({ type: 'changed', clientUri, serverUri: accepted.uri, validator, forms });
  return { status: DM2_STATUS.ok };
}

/** The content as HPUT would send it, the preferred form first; an empty array when there is no node any more. */
function* formsOf(
  context: TranslationContext,
  { parts }: SubscribedContent,
  accept: string | undefined,
): Workflow<readonly TypedContent[]> {
  if (parts.length === 0) return [{ contentType: MEDIA_TYPES.moData, content: { text: '[]' } }];
  const forms = yield* formatsOf(context, parts);
  const first = choose(accept ?? '', forms, accept === undefined) ?? forms[0];
  return first === undefined ? [] : [first, ...forms.filter((form) => form !== first)];
}
