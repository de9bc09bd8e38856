/** SUB and UNSUB: a Data Repository hears of changes below a ClientURI (DM-2.0 §5.3.11, §5.3.12). */
import { isSame, MAX_SUBSCRIPTIONS } from '../device/subscription.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { address } from '../tree/address.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import {
  emit,
  emitSubscription,
  requestSubscriptions,
  requestSubscriptionsInOrder,
  type Workflow,
} from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { readSubscribed } from './subscribed-content.ts';

/** Keeps the subscription, with the content of now as its base: the nodes are read. */
export function* subscribe(context: TranslationContext, serverUri: string, clientUri: string): Workflow<CommandResult> {
  const accepted = acceptServerUri(context, serverUri);
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  if ('refusal' in accepted) return { status: DM2_STATUS.forbidden, reason: accepted.refusal };
  const account = context.account.id;
  if (isFull(account, clientUri))
    return { status: DM2_STATUS.unavailable, reason: 'the account has too many subscriptions' };
  const read = yield* readSubscribed(context, addressed);
  if ('status' in read) return read;
  if (read.parts.length === 0) return { status: DM2_STATUS.notFound };
  // Another SUB of the package may have come meanwhile.
  if (isFull(account, clientUri))
    return { status: DM2_STATUS.unavailable, reason: 'the account has too many subscriptions' };
  yield* emitSubscription({ account, clientUri, serverUri, base: read.validator });
  emit({ type: 'log', event: 'subscription.stored', facts: { account, clientUri: withoutQuery(clientUri) } });
  return { status: DM2_STATUS.ok };
}

function isFull(account: string, clientUri: string): boolean {
  const own = requestSubscriptions().subscriptions.filter((each) => each.account === account);
  return own.length >= MAX_SUBSCRIPTIONS && !own.some((each) => isSame(each, { account, clientUri }));
}

/** Ends the subscription of this very text. */
export function* unsubscribe({ account }: TranslationContext, clientUri: string): Workflow<CommandResult> {
  const { subscriptions } = yield* requestSubscriptionsInOrder();
  if (!subscriptions.some((each) => isSame(each, { account: account.id, clientUri }))) {
    return { status: DM2_STATUS.notFound };
  }
  emit({ type: 'subscriptionEnded', clientUri });
  emit({
    type: 'log',
    event: 'subscription.ended',
    facts: { account: account.id, clientUri: withoutQuery(clientUri), reason: 'UNSUB' },
  });
  return { status: DM2_STATUS.ok };
}
