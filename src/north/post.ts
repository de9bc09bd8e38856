/** The beginning of the phase `posting`: a package leaves for the backend. */
import type { OutboxItem } from '../device/outbox-item.ts';
import type { Mutable } from '../mutable.ts';
import { openMembersOf, type PostingSession, type RunningSession, type WaitingSession } from './north-session.ts';
import type { NorthState, NorthStep } from './north-state.ts';
import type { ComposedPackage } from './packages.ts';

export interface OutgoingPackage extends Omit<ComposedPackage, 'device'> {
  /** The alerts of the outbox that it carries. */
  readonly alerts: readonly OutboxItem[];
  readonly number: 1 | 3;
  /** True when its answer is not read. */
  readonly isLast?: boolean;
  /** True when its answer is answered with 503. */
  readonly isDeclining?: boolean;
}

/** Sends the package. */
export function post(
  { north, device }: NorthState<WaitingSession | RunningSession>,
  { number, alerts, isLast = false, isDeclining = false, headers, body }: OutgoingPackage,
): NorthStep {
  const { url, counter } = north;
  const id = `p${counter}`;
  const posting: Mutable<PostingSession> = {
    ...openMembersOf(north),
    phase: 'posting',
    counter: counter + 1,
    post: { id, package: number, alerts: alerts.map(({ seq }) => seq) },
    isLastPackage: isLast,
  };
  if (isDeclining) posting.isDeclining = true;
  const request = { method: 'POST', url, headers, body } as const;
  return { state: { north: posting, device }, effects: [{ type: 'request', id, purpose: 'package', request }] };
}
