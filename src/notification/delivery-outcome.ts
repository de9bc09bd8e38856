/** The outcome of one sending, as the answer of the other side tells it. */
import { HTTP, isHttpSuccess } from '../http-status.ts';

export type DeliveryOutcome =
  | { readonly kind: 'accepted' }
  /** It is of no use to try this way again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may work later. */
  | { readonly kind: 'failed'; readonly reason: string };

export const ACCEPTED: DeliveryOutcome = { kind: 'accepted' };

/** Statuses of 4xx that say nothing about the request itself. */
const PASSING: readonly number[] = [HTTP.requestTimeout, HTTP.tooEarly, HTTP.tooManyRequests];

/** The outcome by the HTTP status: 2xx accepts, and 4xx refuses for good but for 408, 425 and 429. */
export function outcomeOfStatus(status: number): DeliveryOutcome {
  if (isHttpSuccess(status)) return ACCEPTED;
  const isRefusal = status >= HTTP.badRequest && status < HTTP.internalServerError && !PASSING.includes(status);
  return { kind: isRefusal ? 'refused' : 'failed', reason: `HTTP ${status}` };
}
