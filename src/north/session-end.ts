/** The ends of a DM 2.0 session: for a reason of its own, or because the device has a newer session. */
import type { Mutable } from '../mutable.ts';
import type { EndedSession, NorthSession, PostingSession } from './north-session.ts';
import type { NorthEffect, NorthState, NorthStep } from './north-state.ts';

/** The state stays as it is. */
export function ignore(state: NorthState): NorthStep {
  return { state, effects: [] };
}

export function end({ north, device }: NorthState, reason: string): NorthStep {
  return {
    state: { north: endedSession(north, reason), device },
    effects: [{ type: 'log', event: 'north.ended', facts: { reason } }],
  };
}

export function endedSession({ id, deviceGone, assumed, interaction }: NorthSession, endReason: string): EndedSession {
  const ended: Mutable<EndedSession> = { id, phase: 'ended', deviceGone, endReason };
  if (assumed !== undefined) ended.assumed = assumed;
  // The pages outlive the DM 2.0 session (DM-2.0 §5.3.7).
  if (interaction !== undefined) ended.interaction = interaction;
  return ended;
}

/** Lets a newer session of the device go first: this one sends nothing more. */
export function overtake({ north, device }: NorthState): NorthStep {
  if (north.phase === 'ended') return ignore({ north, device });
  if (north.phase === 'posting') return overtakePost({ north, device });
  return endOvertaken({ north, device });
}

function endOvertaken(state: NorthState): NorthStep {
  return { state: endSilently(state).state, effects: [overtakenEvent(0)] };
}

/** A request that carries alerts is not broken off: its reply says if the backend has them. */
function overtakePost({ north, device }: NorthState<PostingSession>): NorthStep {
  const { post: sent, report } = north;
  if (north.isOvertaken === true) return ignore({ north, device });
  const alerts = report !== undefined && sent.package === 1 ? 1 : sent.alerts.length;
  if (alerts === 0) return endOvertaken({ north, device });
  return { state: { north: { ...north, isOvertaken: true }, device }, effects: [overtakenEvent(alerts)] };
}

function overtakenEvent(alerts: number): NorthEffect {
  return { type: 'log', event: 'session.overtaken', facts: { alerts } };
}

export function endSilently({ north, device }: NorthState): NorthStep {
  return { state: { north: endedSession(north, 'overtaken'), device }, effects: [] };
}
