/**
 * The values of a southbound session: its state, what can happen to it, what it asks for. `session.ts` holds `step`.
 *
 * All of it is plain data that survives JSON, so that any bridge can go on with a session from the store.
 *
 * @see OMA-TS-DM_Protocol 1.3 §6 to §9
 */
import type { Chal, Cred, SyncmlMessage } from '../syncml/message.ts';
import type { PlainItem } from './plain-item.ts';
import type { CommandOutcome, EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';
import type { Transfer, TransferState } from './transfer-model.ts';

export type Dm1Version = '1.1' | '1.2' | '1.3';

/** How commands are put into messages so that a device runs them in order. */
export type Ordering = 'sequence' | 'one-per-message' | 'plain';

/** A device's Alert that the engine leaves to others: 1224, 1226 to 1230. */
export interface DeviceAlert {
  readonly code: number;
  readonly correlator?: string;
  /** For 1226 and 1224 only the Items that were accepted. */
  readonly items: readonly PlainItem[];
}

/** A Status that is due with the next answer. */
export interface DueStatus {
  readonly msgRef: number;
  readonly cmdRef: string;
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly chal?: Chal;
  readonly code: number;
}

/** An object that a device sends in chunks (DM-1.3 §8): what came so far. */
export interface IncomingObject {
  readonly kind: 'results' | 'alert';
  readonly cmdRef: string;
  readonly msgRef: number;
  readonly code?: number;
  readonly correlator?: string;
  readonly item: PlainItem;
  readonly size?: number;
  readonly chunks: readonly string[];
  /** The chunks are base64 of the bytes that a WBXML device sent; absent: they are text. */
  readonly opaque?: true;
  /** How many bytes the chunks hold, as carried. */
  readonly received: number;
  /** Items of the same Alert that came whole before this one; they take effect with it. */
  readonly before: readonly PlainItem[];
}

/** An object that we send in chunks: how much of it has been acknowledged by 213. */
export interface OutgoingObject {
  readonly command: ServerCommand;
  /** Offset into the unescaped text, in UTF-16 units, of what the device has acknowledged. */
  readonly acknowledged: number;
  /** Offset up to which it was sent. */
  readonly sent: number;
  /** The whole object, and both offsets, in bytes as carried. */
  readonly size: number;
  readonly acknowledgedBytes: number;
  readonly sentBytes: number;
}

/**
 * Package boundaries as the bridge sees them (DM-1.3 §7):
 * - `initializing`: Package#1 runs; the device has not sent its Final
 * - `awaitingDevice`: our package is closed by Final; the device's answers are under way
 * - `ready`: the device closed its package; the bridge may send commands or end
 * - `sendingObject`: a large object is under way, our package is open
 * - `closed`: ended or aborted; only Statuses are answered
 */
export type SessionPhase = 'initializing' | 'awaitingDevice' | 'ready' | 'sendingObject' | 'closed';

/** Bytes that a device can take; absent: no limit known. */
export interface SizeLimits {
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
}

export interface Dm1Session extends SizeLimits {
  readonly version: Dm1Version;
  readonly sessionId: string;
  /** DevID of the registry entry. */
  readonly device: string;
  /** Target/LocURI of our messages: the Source of the device's. */
  readonly deviceUri: string;
  /** Source/LocURI of our messages: the Target of the session's first message. */
  readonly serverUri: string;
  readonly respUri: string;
  readonly phase: SessionPhase;
  /** Server- or client-initiated: which of 1200/1201 Package#1 brought; undefined until one came. */
  readonly initiation?: 1200 | 1201;
  readonly lastMsgIdIn: number;
  /** MsgID of our next message. */
  readonly nextMsgId: number;
  /** What is known of the device beforehand: it is never sent more, whatever it says. */
  readonly caps?: SizeLimits;
  /** MaxMsgSize and MaxObjSize that we announce with the first authenticated answer; absent once told. */
  readonly announce?: { readonly maxMsgSize: number; readonly maxObjSize: number };
  readonly ordering: Ordering;
  /** The device has run a Sequence in this session. */
  readonly sequenceRan?: true;
  readonly dueStatuses: readonly DueStatus[];
  /** Set while the device's package is open: an Alert 1222 is due instead of commands. */
  readonly nextMessageDue: boolean;
  readonly queue: readonly ServerCommand[];
  readonly outstanding: readonly OutstandingCommand[];
  /** What the engine itself sent and may get a Status for: the Sequence of the package, Alerts, the Get of `hold`. */
  readonly engineCommands: readonly EngineCommand[];
  readonly incoming?: IncomingObject;
  /** Largest object that is taken from the device, in bytes: what `announce` said. */
  readonly receiveLimit?: number;
  /** An Alert 1225 is due for this object of the device. */
  readonly noEndOfData?: { readonly target?: string; readonly source?: string };
  readonly outgoing?: OutgoingObject;
  /** Server authentication toward the device: what it asks for, and how often we tried. */
  readonly serverAuth: {
    readonly state: 'none' | 'challenged' | 'accepted' | 'everyMessage';
    readonly tries: number;
    readonly chal?: Chal;
    /** Whether our last message carried a Cred: what its SyncHdr Status 200 then means. */
    readonly credSent: boolean;
  };
  /** The session ended by our decision, and Alert 1223 has not been sent yet. */
  readonly abortDue?: true;
  /** Messages in a row without progress; 50 end the session. */
  readonly idleMessages: number;
  /** How often the device was put off while the backend was slow; ten end the session. */
  readonly holds: number;
}

/** How the device's message was authenticated; only authenticated messages reach the engine. */
export interface Verdict {
  /** 212 for valid credentials, 200 without any in an authenticated session (or HMAC). */
  readonly status: 200 | 212;
  readonly chal?: Chal;
}

/** Measures the message as it will be sent, in bytes. */
export type MeasureMessage = (message: SyncmlMessage) => number;

export type SessionInput =
  | { readonly type: 'messageReceived'; readonly message: SyncmlMessage; readonly verdict: Verdict }
  /** Appends to the queue; sent when package boundaries allow. */
  | { readonly type: 'commandsReady'; readonly commands: readonly ServerCommand[] }
  /**
   * The answer to the device's last message is due. `continue`: the next package, or nothing + Final when the queue is
   * empty (that ends the session). `hold`: the backend is slow; a Get of ./DevInfo/DevId keeps the session going.
   * `abort`: Alert 1223. `locName` is our name in Source/LocName, which md5 needs; `mac`: the answer's HTTP header authenticates us
   * instead of a Cred. While the device's package is open every mode but `abort` yields the Next Message response.
   */
  | {
      readonly type: 'answerDue';
      readonly mode: 'continue' | 'hold' | 'abort';
      readonly cred?: Cred;
      readonly locName?: string;
      readonly mac?: true;
      readonly measure: MeasureMessage;
    };

export type SessionEffect =
  | { readonly type: 'send'; readonly message: SyncmlMessage }
  /** DevInfo leaves of a Replace: LocURI as sent → value. */
  | { readonly type: 'devInfoReceived'; readonly leaves: Readonly<Record<string, string>> }
  | { readonly type: 'alertReceived'; readonly alert: DeviceAlert }
  | { readonly type: 'outcome'; readonly outcome: CommandOutcome }
  /** The device sent Alert 1223, or we must end: what is outstanding will never be answered. */
  | { readonly type: 'aborted'; readonly by: 'device' | 'bridge'; readonly reason: string }
  /** The device takes no Sequence (406, 500-range or silence): to be remembered. */
  | { readonly type: 'learned'; readonly fact: 'no-sequence' }
  | { readonly type: 'transfer'; readonly state: TransferState; readonly transfer: Transfer }
  /** Something was taken that the specification does not allow: logged once per device, shown in the trace. */
  | { readonly type: 'tolerated'; readonly what: string };

export interface Step {
  readonly session: Dm1Session;
  readonly effects: readonly SessionEffect[];
}
