/**
 * How the device takes our credentials, read from its Status for our SyncHdr.
 *
 * A refusal for want of credentials is no answer to the commands of that message: they are sent once more with Cred, and nobody
 * outside the engine hears of it. What was executed all the same is left alone.
 *
 * @see DM-1.3 §9.1 (challenge), §9.2 (repeated requests), §9.4.2
 */
import type { StatusCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { type Entry, flatten, isFinalStatus } from './pending.ts';
import { keepPending, type Reception, tolerate } from './reception.ts';
import type { Dm1Session } from './session-model.ts';

/** Sendings with Cred after a challenge before we give up. */
const MAX_TRIES = 2;

/** What the SyncHdr Status means for the session. */
export type HeaderVerdict = 'accepted' | 'challenged' | 'refusedForGood' | 'failed';

/** Reads the Status for SyncHdr; 0 stands for "credentials missing" with some devices. */
export function judgeHeader(session: Dm1Session, status: StatusCommand | undefined): HeaderVerdict {
  if (status === undefined || status.data === STATUS.ok || status.data === STATUS.authenticationAccepted)
    return 'accepted';
  if (!isChallenge(status.data)) return 'failed';
  return session.serverAuth.tries < MAX_TRIES ? 'challenged' : 'refusedForGood';
}

/** Notes an accepted message: 212 holds for the session, 200 for that one message when it carried a Cred (§9.1). */
export function acceptHeader(reception: Reception): void {
  const { headerStatus, session } = reception;
  if (headerStatus === undefined) return;
  const { chal: known, ...auth } = session.serverAuth;
  const chal = headerStatus.chal ?? known;
  const everyMessage = auth.credSent ? 'everyMessage' : auth.state;
  reception.session = {
    ...session,
    serverAuth: {
      ...auth,
      state: headerStatus.data === STATUS.authenticationAccepted ? 'accepted' : everyMessage,
      tries: 0,
      ...(chal === undefined ? {} : { chal }),
    },
  };
}

/** Puts what the device refused in front of the queue, and remembers what it asked for. */
export function takeChallenge(reception: Reception): void {
  const { headerStatus, session } = reception;
  if (headerStatus?.data === 0) tolerate(reception, 'SyncHdr Status 0 for missing credentials');
  const refused = reception.pending.entries.filter(wasRefused);
  keepPending(
    reception,
    reception.pending.entries.filter((entry) => !wasRefused(entry)),
  );
  const chal = headerStatus?.chal ?? session.serverAuth.chal;
  const { outgoing, queue, ...rest } = reception.session;
  const commands = refused.map((entry) => entry.command);
  const resumed = outgoing !== undefined && commands.some((command) => command.id === outgoing.command.id);
  reception.session = {
    ...rest,
    ...(outgoing === undefined ? {} : { outgoing: resumed ? { ...outgoing, sent: outgoing.acknowledged } : outgoing }),
    queue: [...commands.filter((command) => command.id !== outgoing?.command.id), ...queue],
    engineCommands: [],
    serverAuth: {
      state: 'challenged',
      tries: session.serverAuth.tries + 1,
      credSent: false,
      ...(chal === undefined ? {} : { chal }),
    },
  };
}

/** Nothing of the command was executed, as far as the device has told. */
function wasRefused(entry: Entry): boolean {
  return flatten([entry]).every(
    ({ status, results }) => results.length === 0 && (!isFinalStatus(status) || isChallenge(status)),
  );
}

function isChallenge(status: number): boolean {
  return status === STATUS.invalidCredentials || status === STATUS.missingCredentials || status === 0;
}
