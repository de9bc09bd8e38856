/** SUB: a Data Repository wants to hear of changes below a ClientURI (DM-2.0 §5.3.11). Pure values of the device's record. */

export interface Subscription {
  /** The account that subscribed. */
  readonly account: string;
  /** As the command has it: UNSUB names it letter for letter (DM-2.0 §5.3.12). */
  readonly clientUri: string;
  /** As the command has it; its parameters are filled in for each report. */
  readonly serverUri: string;
  /** The validator of the content that the Data Repository has, or that was there when the SUB came. */
  readonly base: string;
  /** The validator of the content of a report that is stored, and not taken yet; absent: there is none. */
  readonly pending?: string;
  /** The media type that the Data Repository took after it had refused another one with 415. */
  readonly contentType?: string;
  /** Milliseconds since 1970: when the content was compared with the device last. */
  readonly checkedAt: number;
  /** Present: the nodes may have changed since. */
  readonly isDue?: true;
  /** The DM 2.0 session in which the nodes could not be read. */
  readonly triedIn?: string;
}

/** A device and an account have at most so many, because they are kept in the record of the device. */
export const MAX_SUBSCRIPTIONS = 200;

export type Subscriptions = readonly Subscription[];

/** True for the subscription that an account has under this very text. */
export function isSame(one: Pick<Subscription, 'account' | 'clientUri'>, other: typeof one): boolean {
  return one.account === other.account && one.clientUri === other.clientUri;
}

/** The list with this subscription, which replaces the one of the same text. */
export function withSubscription(all: Subscriptions, subscription: Subscription): Subscriptions {
  const at = all.findIndex((each) => isSame(each, subscription));
  return at < 0 ? [...all, subscription] : all.with(at, subscription);
}

/** The list without the subscription; the same list when it is not there. */
export function withoutSubscription(
  all: Subscriptions,
  ended: Pick<Subscription, 'account' | 'clientUri'>,
): Subscriptions {
  return all.some((each) => isSame(each, ended)) ? all.filter((each) => !isSame(each, ended)) : all;
}

/** The Data Repository has the content with this validator, or never will; a later report stays. */
export function settled(subscription: Subscription, validator: string): Subscription {
  const { pending, ...kept } = subscription;
  if (pending === undefined || pending === validator) return { ...kept, base: validator };
  return { ...kept, base: validator, pending };
}

/** The subscription that an account has under this very text. */
export function findSubscription(
  all: Subscriptions,
  wanted: Pick<Subscription, 'account' | 'clientUri'>,
): Subscription | undefined {
  return all.find((each) => isSame(each, wanted));
}
