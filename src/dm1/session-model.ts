/**
 * The values of a session with a device: its state, the inputs that change it, and the effects that it asks for.
 * `session.ts` holds `step`.
 *
 * All of it is plain data that survives JSON, so that any bridge can go on with a session from the store. A member that
 * is `undefined` means the same as one that is absent.
 *
 * @see OMA-TS-DM_Protocol 1.3 §6 to §9
 */
import type { Chal, Cred, SyncmlMessage } from '../syncml/message.ts';
import type { STATUS } from '../syncml/status-codes.ts';
import type { IncomingObject } from './incoming-object.ts';
import type { TransferEffect } from './object-transfer.ts';
import type { OutgoingObject } from './outgoing-object.ts';
import type { PlainItem } from './plain-item.ts';
import type { CommandOutcome, EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';

export type Dm1Version = '1.1' | '1.2' | '1.3';

/** The way in which commands are put into messages, so that a device runs them in order. */
export type Ordering = 'sequence' | 'one-per-message' | 'plain';

/** Bytes that a device can receive; absent: no limit is known (DM-1.3 §8). */
export interface SizeLimits {
  readonly maxMsgSize?: number | undefined;
  readonly maxObjSize?: number | undefined;
}

/** A Status that is due with the next answer. */
export interface DueStatus {
  readonly msgRef: number;
  readonly cmdRef: string;
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly chal?: Chal | undefined;
  readonly code: number;
}

/** Our authentication toward the device (DM-1.3 §9.1). */
export interface ServerAuth {
  /** `accepted`: 212, for the rest of the session. `everyMessage`: 200, so each message needs credentials. */
  readonly state: 'none' | 'challenged' | 'accepted' | 'everyMessage';
  /** Challenges since the device accepted a message of ours. */
  readonly tries: number;
  /** The device's last challenge. */
  readonly chal?: Chal | undefined;
  /** True when our last message carried credentials: a 200 for its SyncHdr then accepts them. */
  readonly credSent: boolean;
}

/** The members of a session in every phase. */
export interface SessionBase extends SizeLimits {
  readonly version: Dm1Version;
  readonly sessionId: string;
  /** DevID of the registry entry. */
  readonly device: string;
  /** Target/LocURI of our messages: the Source of the device's. */
  readonly deviceUri: string;
  /** Source/LocURI of our messages: the Target of the session's first message. */
  readonly serverUri: string;
  readonly respUri: string;
  /** MsgID of the device's last message; 0 before the first. */
  readonly lastMsgIdIn: number;
  /** MsgID of our next message. */
  readonly nextMsgId: number;
  /** Limits from the device's profile: the device is never sent more, whatever it says. */
  readonly caps?: SizeLimits | undefined;
  /** MaxMsgSize and MaxObjSize that our first answer announces; absent afterwards. */
  readonly announce?: { readonly maxMsgSize: number; readonly maxObjSize: number } | undefined;
  readonly ordering: Ordering;
  /** A Get of `?list=Struct` is sent alone: the device does not answer other Gets in its Sequence. */
  readonly structAlone?: boolean | undefined;
  /** The device has run a Sequence in this session. */
  readonly sequenceRan?: true | undefined;
  readonly dueStatuses: readonly DueStatus[];
  /** In a store: the Statuses of a long list, whose `dueStatuses` are empty there (`stored-statuses.ts`). */
  readonly statusBlocks?: readonly string[] | undefined;
  /** The largest object that is accepted from the device, in bytes: the MaxObjSize of `announce`. */
  readonly receiveLimit?: number | undefined;
  readonly serverAuth: ServerAuth;
}

/** The members of a session that is not closed. */
export interface OpenState extends SessionBase {
  /** Commands that were not sent yet. */
  readonly queue: readonly ServerCommand[];
  readonly outstanding: readonly OutstandingCommand[];
  /** Commands that the engine sent for itself: the Sequence of the package, Alerts, the Get of a held session. */
  readonly engineCommands: readonly EngineCommand[];
  readonly incoming?: IncomingObject | undefined;
  readonly outgoing?: OutgoingObject | undefined;
  /** An Alert 1225 is due for this object of the device (DM-1.3 §8). */
  readonly noEndOfData?: { readonly target?: string; readonly source?: string } | undefined;
  /** Messages in a row without progress. */
  readonly idleMessages: number;
  /** Times that the device was held, because the backend was slow, since the last command. */
  readonly holds: number;
}

/** Package#1 has begun; the device has not sent its Final. */
export interface InitializingSession extends OpenState {
  readonly phase: 'initializing';
  readonly outgoing?: undefined;
}

/** Our package is closed by Final; the package with the device's answers has begun, but is not complete. */
export interface AwaitingSession extends OpenState {
  readonly phase: 'awaitingDevice';
  /** The object whose last chunk is under way. */
  readonly outgoing?: OutgoingObject | undefined;
}

/** The device's package is closed: our next package may carry commands, or end the session. */
export interface ReadySession extends OpenState {
  readonly phase: 'ready';
  /** An object whose last chunk the device refused for want of credentials; it is sent again. */
  readonly outgoing?: OutgoingObject | undefined;
}

/** A large object is under way, and our package is open until its last chunk (DM-1.3 §8). */
export interface SendingSession extends OpenState {
  readonly phase: 'sendingObject';
  readonly outgoing: OutgoingObject;
}

/** The session ended or was aborted: messages are still answered, but have no effect. */
export interface ClosedSession extends SessionBase {
  readonly phase: 'closed';
  readonly queue: readonly [];
  readonly outstanding: readonly [];
  readonly engineCommands: readonly [];
  readonly incoming?: undefined;
  readonly outgoing?: undefined;
  readonly noEndOfData?: undefined;
  /** The bridge aborted the session, and Alert 1223 has not been sent yet. */
  readonly abortDue?: true | undefined;
}

export type OpenSession = InitializingSession | AwaitingSession | ReadySession | SendingSession;

/** A session by its phase. The phases are the package boundaries of DM-1.3 §7. */
export type Dm1Session = OpenSession | ClosedSession;

/** The result of authenticating the device's message; only authenticated messages reach the engine. */
export interface Verdict {
  /** 212 for valid credentials, 200 without any in an authenticated session (or HMAC). */
  readonly status: typeof STATUS.ok | typeof STATUS.authenticationAccepted;
  readonly chal?: Chal | undefined;
}

/** Measures the message as it will be sent, in bytes. */
export type MeasureMessage = (message: SyncmlMessage) => number;

/** Our credentials toward the device for one message (DM-1.3 §9.3). */
export interface Credentials {
  readonly cred?: Cred | undefined;
  /** Our name in Source/LocName, which MD5 needs. */
  readonly locName?: string | undefined;
  /** The HTTP header over the whole message authenticates us; there is no Cred then. */
  readonly mac?: true | undefined;
}

export interface MessageReceived {
  readonly type: 'messageReceived';
  readonly message: SyncmlMessage;
  readonly verdict: Verdict;
  /** The number of further Items of alerts that can be kept for the backend; absent: any number. */
  readonly alertRoom?: number | undefined;
  /** NULs at the end of values were dropped in this message; the device counts them in Size. */
  readonly hasTrailingNul?: boolean | undefined;
}

/**
 * The answer to the device's last message is due.
 *
 * - `continue`: the next package; with an empty queue an empty package, which ends the session
 * - `hold`: the backend is slow; a Get of ./DevInfo/DevId keeps the session going
 * - `abort`: Alert 1223
 *
 * While the device's package is open, every mode except `abort` yields the Next Message response (DM-1.3 §7.2).
 */
export interface AnswerDue extends Credentials {
  readonly type: 'answerDue';
  readonly mode: 'continue' | 'hold' | 'abort';
  readonly measure: MeasureMessage;
}

/** The device's profile is known: it decides the ordering of commands and limits the sizes. */
export interface ProfileApplied {
  readonly type: 'profileApplied';
  readonly ordering: Ordering;
  readonly structAlone?: boolean;
  readonly caps: SizeLimits;
}

/** Appends to the queue. The commands are sent when package boundaries allow it; a Get may join a waiting one (`shared-reads.ts`). */
export interface CommandsReady {
  readonly type: 'commandsReady';
  readonly commands: readonly ServerCommand[];
}

/** Removes commands from the queue: their outcome is known already. */
export interface CommandsWithdrawn {
  readonly type: 'commandsWithdrawn';
  readonly ids: readonly string[];
}

export type SessionInput =
  | MessageReceived
  | AnswerDue
  | ProfileApplied
  | CommandsReady
  | CommandsWithdrawn
  /** The device began another session, or sent a message outside any. */
  | { readonly type: 'deviceLeft' }
  /** The device has been silent for too long. */
  | { readonly type: 'timedOut' };

/** An Alert of the device that the engine leaves to others: 1224, 1226 to 1230. */
export interface DeviceAlert {
  readonly code: number;
  readonly correlator?: string;
  /** Of 1226 only the Items that were accepted. */
  readonly items: readonly PlainItem[];
}

export type SessionEffect =
  | { readonly type: 'send'; readonly message: SyncmlMessage }
  | {
      readonly type: 'devInfoReceived';
      /** DevInfo leaves of a Replace: LocURI as sent → value. */
      readonly leaves: Readonly<Record<string, string>>;
      /** The Format of those leaves that have another than chr, in lower case. */
      readonly formats: Readonly<Record<string, string>>;
    }
  | { readonly type: 'alertReceived'; readonly alert: DeviceAlert }
  /** Alert 1200: a notification made the device open the session (DM-1.3 §6.3). */
  | { readonly type: 'serverInitiated' }
  /** So many Items of an alert were refused, because there is no room for them. */
  | { readonly type: 'alertsRefused'; readonly code: number; readonly count: number }
  | { readonly type: 'outcome'; readonly outcome: CommandOutcome }
  /** The session ended before its work was done: commands without an outcome will never have one. */
  | { readonly type: 'aborted'; readonly by: 'device' | 'bridge'; readonly reason: string }
  /** The device refuses Sequence, or did not answer one: the bridge remembers this. */
  | { readonly type: 'sequenceUnsupported' }
  /** The device does not answer Gets that share a Sequence with `?list=Struct`: the bridge remembers this. */
  | { readonly type: 'structAlone' }
  | TransferEffect
  /** Something was accepted that the specification does not allow; a fixed text. */
  | { readonly type: 'tolerated'; readonly what: string };

export interface Step {
  readonly session: Dm1Session;
  readonly effects: readonly SessionEffect[];
}
