/**
 * Reads the Status of the device for our SyncHdr: it accepts our message, asks for credentials, or refuses it.
 *
 * A refusal for want of credentials is no answer to the commands of that message: they are sent once more with
 * credentials, and no outcome is reported. Commands that were executed all the same are not sent again.
 *
 * @see DM-1.3 §9.1 (challenge), §9.2 (repeated requests), §9.4.2
 */
import type { StatusCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { ZERO_STATUS } from './message-references.ts';
import { decidedOutcome, isComplete, outcomeEffect, outcomeOf } from './outcome.ts';
import { isInFlight, objectOutcome } from './outgoing-object.ts';
import { type Entry, isFinalStatus, withMembers } from './pending.ts';
import { addTolerance, type Reception, type SessionDraft } from './reception.ts';
import type { CommandOutcome, ServerCommand } from './server-command.ts';
import type { ServerAuth, SessionEffect } from './session-model.ts';

/** After so many messages with credentials that a device refuses, the session ends. */
const MAX_TRIES = 2;

/** The meaning of the SyncHdr Status for the session. */
export type HeaderVerdict = 'accepted' | 'challenged' | 'refusedForGood' | 'failed';

export function judgeHeader({ tries }: ServerAuth, status: StatusCommand | undefined): HeaderVerdict {
  if (status === undefined) return 'accepted';
  if (status.data === STATUS.ok || status.data === STATUS.authenticationAccepted) return 'accepted';
  if (!isChallenge(status.data)) return 'failed';
  return tries < MAX_TRIES ? 'challenged' : 'refusedForGood';
}

/** Enters an accepted message: 212 accepts our credentials for the session, 200 for that message only (DM-1.3 §9.1). */
export function acceptHeader({ headerStatus, draft }: Reception): void {
  if (headerStatus === undefined) return;
  const { state, credSent, chal } = draft.serverAuth;
  const afterOk = credSent ? 'everyMessage' : state;
  draft.serverAuth = {
    state: headerStatus.data === STATUS.authenticationAccepted ? 'accepted' : afterOk,
    tries: 0,
    chal: headerStatus.chal ?? chal,
    credSent,
  };
}

/** Puts the commands that the device refused in front of the queue, and stores its challenge. */
export function requeueRefused(reception: Reception): void {
  const { draft, headerStatus, pending } = reception;
  if (headerStatus?.data === ZERO_STATUS) addTolerance(reception, 'SyncHdr Status 0 for missing credentials');
  const { outgoing, serverAuth } = draft;
  const refused = pending.entries.filter(wasRefused).map((entry) => entry.command);
  if (outgoing !== undefined && refused.some(({ id }) => id === outgoing.command.id)) {
    draft.outgoing = { ...outgoing, sent: outgoing.acknowledged };
  }
  draft.queue = [...refused.filter(({ id }) => id !== outgoing?.command.id), ...draft.queue];
  draft.outstanding = pending.entries.filter((entry) => !wasRefused(entry));
  draft.engineCommands = [];
  draft.serverAuth = {
    state: 'challenged',
    tries: serverAuth.tries + 1,
    chal: headerStatus?.chal ?? serverAuth.chal,
    credSent: false,
  };
}

/**
 * Ends all commands of a session whose device does not accept our credentials: 500, unless the outcome is certain
 * already.
 */
export function refuseAllCommands(draft: SessionDraft): readonly SessionEffect[] {
  const effects: SessionEffect[] = [];
  const { outgoing } = draft;
  for (const sent of draft.outstanding) {
    const isAnswered = isComplete(sent) && !(sent.status !== undefined && isChallenge(sent.status));
    const outcome = isAnswered ? outcomeOf(sent, undefined) : notAuthenticated(sent.command);
    effects.push(outcomeEffect(objectOutcome(outgoing, outcome)));
  }
  const isWaiting = outgoing !== undefined && !isInFlight(outgoing);
  const unsent = isWaiting ? [outgoing.command, ...draft.queue] : draft.queue;
  for (const command of unsent) {
    const outcome = notAuthenticated(command);
    effects.push(outcomeEffect(objectOutcome(outgoing, outcome)));
  }
  draft.queue = [];
  draft.outstanding = [];
  return effects;
}

function notAuthenticated(command: ServerCommand): CommandOutcome {
  return { ...decidedOutcome(command, STATUS.commandFailed), notAuthenticated: true };
}

/** True when the device executed nothing of the command, as far as it has answered. */
function wasRefused(entry: Entry): boolean {
  return withMembers([entry]).every(
    ({ status, results }) => results.length === 0 && (!isFinalStatus(status) || isChallenge(status)),
  );
}

function isChallenge(status: number): boolean {
  return status === STATUS.invalidCredentials || status === STATUS.missingCredentials || status === ZERO_STATUS;
}
